"""Which API version to speak, and what is no vCenter."""

import pytest

from vsphere import NotVCenterError, trust, versions

HTML = b"<!doctype html><html><p>Sign in<br></html>"


def negotiate(vcenter):
    return versions.negotiate(vcenter.address, trust.tls_context(insecure=True), timeout=10)


def document(*served):
    listed = "".join(f"<version>{version}</version>" for version in served)
    return (
        '<namespaces version="1.0"><namespace><name>urn:vim25</name>'
        f"{listed}</namespace></namespaces>"
    ).encode()


@pytest.mark.parametrize(
    ("served", "version"),
    [
        pytest.param(["8.0.3.0", "8.0.2.0", "6.5"], "vim.version.v8_0_3_0", id="the newest"),
        pytest.param(["99.0", "8.0.2.0", "6.5"], "vim.version.v8_0_2_0", id="the newest known"),
        pytest.param(["6.5"], "vim.version.version11", id="an old one"),
    ],
)
def test_the_newest_common_version_is_spoken(vcenter, served, version):
    vcenter.versions = (200, document(*served))

    assert negotiate(vcenter) == version
    assert vcenter.requests == ["/sdk/vimServiceVersions.xml"]


def test_prior_versions_count(vcenter):
    assert negotiate(vcenter) == "vim.version.v8_0_3_0"


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        pytest.param(
            404,
            HTML,
            "{} is no vCenter: it answered 404 when asked for its API versions. Check the address.",
            id="nothing there",
        ),
        pytest.param(
            302,
            b"",
            "{} is no vCenter: it answered 302 when asked for its API versions. Check the address.",
            id="a redirect",
        ),
        pytest.param(
            200,
            HTML,
            "{} is no vCenter: its list of API versions is not XML. Check the address.",
            id="a web page",
        ),
        pytest.param(
            200,
            b'<?xml version="1.0" encoding="Shift_JIS"?><html/>',
            "{} is no vCenter: its list of API versions is not XML. Check the address.",
            id="a web page in an unsupported encoding",
        ),
        pytest.param(
            200,
            b'<?xml version="1.0" encoding="none"?><html/>',
            "{} is no vCenter: its list of API versions is not XML. Check the address.",
            id="a web page in an unknown encoding",
        ),
        pytest.param(
            200,
            b"<html><p>Sign in</p></html>",
            "{} serves no API version that pyVmomi knows: none.",
            id="a well-formed web page",
        ),
        pytest.param(
            200,
            document("1.0", "99.0"),
            "{} serves no API version that pyVmomi knows: 1.0, 99.0.",
            id="no common version",
        ),
    ],
)
def test_what_is_no_vcenter_is_told(vcenter, status, body, message):
    vcenter.versions = (status, body)

    with pytest.raises(NotVCenterError) as caught:
        negotiate(vcenter)

    assert str(caught.value) == message.format(vcenter.address)
