"""What a user may write for a vCenter's address."""

import pytest

from vsphere import Address, AddressError


@pytest.mark.parametrize(
    ("text", "address", "url", "port"),
    [
        pytest.param(
            "vcenter.example.com",
            Address(scheme="https", host="vcenter.example.com", port=None, path="/sdk"),
            "https://vcenter.example.com/sdk",
            443,
            id="a bare host",
        ),
        pytest.param(
            "10.0.0.1:8989",
            Address(scheme="https", host="10.0.0.1", port=8989, path="/sdk"),
            "https://10.0.0.1:8989/sdk",
            8989,
            id="a bare host with port",
        ),
        pytest.param(
            "https://vcenter.example.com/",
            Address(scheme="https", host="vcenter.example.com", port=None, path="/sdk"),
            "https://vcenter.example.com/sdk",
            443,
            id="a trailing slash",
        ),
        pytest.param(
            "https://proxy.example.com/vc/sdk/",
            Address(scheme="https", host="proxy.example.com", port=None, path="/vc/sdk"),
            "https://proxy.example.com/vc/sdk",
            443,
            id="a path of its own",
        ),
        pytest.param(
            "http://vcenter.example.com:80/sdk",
            Address(scheme="http", host="vcenter.example.com", port=80, path="/sdk"),
            "http://vcenter.example.com:80/sdk",
            80,
            id="without TLS, the port written out",
        ),
        pytest.param(
            "http://vcenter.example.com",
            Address(scheme="http", host="vcenter.example.com", port=None, path="/sdk"),
            "http://vcenter.example.com/sdk",
            80,
            id="without TLS",
        ),
        pytest.param(
            "https://[fd00::1]:8443",
            Address(scheme="https", host="fd00::1", port=8443, path="/sdk"),
            "https://[fd00::1]:8443/sdk",
            8443,
            id="IPv6 with port",
        ),
        pytest.param(
            "[fd00::1]",
            Address(scheme="https", host="fd00::1", port=None, path="/sdk"),
            "https://[fd00::1]/sdk",
            443,
            id="bare IPv6",
        ),
        pytest.param(
            " HTTPS://VCenter.Example.com\n",
            Address(scheme="https", host="vcenter.example.com", port=None, path="/sdk"),
            "https://vcenter.example.com/sdk",
            443,
            id="capitals and white space around",
        ),
    ],
)
def test_an_address_is_an_sdk_endpoint(text, address, url, port):
    assert Address.parse(text) == address
    assert (str(address), address.connect_port) == (url, port)


@pytest.mark.parametrize("text", ["vcenter.example.com", "http://[::1]:1/x", "https://h/vc/sdk"])
def test_an_address_reads_back_as_itself(text):
    address = Address.parse(text)

    assert Address.parse(str(address)) == address


NO_URL = (
    "VC_URL must be an http or https URL with a host, like https://vcenter.example.com, not {!r}."
)
USER_INFO = "VC_URL must not hold user info: put user name and password into the Secret."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", NO_URL.format(""), id="empty"),
        pytest.param("ftp://vc", NO_URL.format("ftp://vc"), id="another protocol"),
        pytest.param("https://", NO_URL.format("https://"), id="no host"),
        pytest.param("https://:443", NO_URL.format("https://:443"), id="only a port"),
        pytest.param("/sdk", NO_URL.format("/sdk"), id="only a path"),
        pytest.param("https://root:hunter2@vc", USER_INFO, id="user and password"),
        pytest.param("root:hunter2@vc", USER_INFO, id="user and password without scheme"),
        pytest.param("ftp://root:hunter2@", USER_INFO, id="user and password and all else wrong"),
        pytest.param(
            "https://vc:https",
            "VC_URL is not a URL: 'https://vc:https' "
            "(Port could not be cast to integer value as 'https').",
            id="a port that is no number",
        ),
        pytest.param(
            "https://vc:65536",
            "VC_URL is not a URL: 'https://vc:65536' (Port out of range 0-65535).",
            id="a port out of range",
        ),
        pytest.param(
            "https://[fd00::1",
            "VC_URL is not a URL: 'https://[fd00::1' (Invalid IPv6 URL).",
            id="half a bracket",
        ),
        pytest.param(
            "https://vc..example.com",
            "VC_URL is not a URL: 'https://vc..example.com' (encoding with 'idna' codec failed "
            "(UnicodeError: label empty or too long)).",
            id="a host with a doubled dot",
        ),
    ],
)
def test_another_text_is_no_address(text, message):
    with pytest.raises(AddressError) as caught:
        Address.parse(text)

    assert str(caught.value) == message


def test_the_setting_may_have_another_name():
    with pytest.raises(AddressError, match=r"^spec\.address must not hold user info"):
        Address.parse("https://a:b@c", name="spec.address")
