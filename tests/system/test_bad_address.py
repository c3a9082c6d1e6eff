"""Addresses that lead to no vCenter, and one that nobody vouches for."""

import hashlib
import socket
import ssl

import pytest


@pytest.fixture
def nowhere():
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"


def test_an_address_at_which_nobody_listens_is_tried_again(nowhere, lab):
    adapter = lab.start(nowhere)
    lab.eventually(lambda: adapter.said)

    assert (adapter.alive, adapter.ready) == (True, False)
    assert adapter.terminate() == 0
    assert adapter.said == [
        (
            f"ERROR Unreachable: https://{nowhere}/sdk cannot be reached:"
            " [Errno 111] Connection refused."
        )
    ]


def test_an_address_of_something_else_is_called_no_vcenter(lab):
    adapter = lab.start(f"http://127.0.0.1:{lab.sink.port}")
    lab.eventually(lambda: adapter.said)

    assert (adapter.alive, adapter.ready) == (True, False)
    assert adapter.terminate() == 0
    assert adapter.said == [
        (
            f"ERROR NotVCenter: http://127.0.0.1:{lab.sink.port}/sdk is no vCenter: it answered 404"
            " when asked for its API versions. Check the address."
        )
    ]


def test_a_certificate_that_is_not_trusted_is_described_and_gets_no_password(vcenter, lab):
    adapter = lab.start(vcenter.url, VC_INSECURE="false")
    lab.eventually(lambda: adapter.said)

    assert (adapter.alive, adapter.ready) == (True, False)
    assert adapter.terminate() == 0
    name = "CN=vCenter simulator (self-signed)"
    fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(vcenter.certificate)).hexdigest().upper()
    assert adapter.said == [
        (
            f"ERROR CertificateNotTrusted: {vcenter.url} is not trusted: self-signed certificate."
            f" It presented subject {name}, issuer {name}, SHA-256 {fingerprint}. Let a trusted"
            " authority issue its certificate, or skip the check with skipTLSVerify"
            " (VC_INSECURE=true)."
        )
    ]
    assert vcenter.counters.logins_attempted == 0


def test_a_certificate_of_a_trusted_authority_is_enough(vcenter, lab, tmp_path):
    trusted = tmp_path / "authorities.pem"
    trusted.write_text(vcenter.certificate)

    adapter = lab.start(vcenter.url, VC_INSECURE="false", SSL_CERT_FILE=str(trusted)).until_ready()

    assert adapter.terminate() == 0


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        pytest.param(
            {"VC_URL": "https://"},
            "VC_URL must be an http or https URL with a host, like https://vcenter.example.com,"
            " not 'https://'.",
            id="an address without host",
        ),
        pytest.param(
            {"VC_URL": "https://root:c0rrect-horse-battery@vcenter.example.com"},
            "VC_URL must not hold user info: put user name and password into the Secret.",
            id="an address with a password",
        ),
        pytest.param(
            {"K_CE_OVERRIDES": "extensions: {}"},
            "K_CE_OVERRIDES is not JSON: Expecting value: line 1 column 1 (char 0).",
            id="overrides that are no JSON",
        ),
        pytest.param(
            {"K_CE_OVERRIDES": '{"extensions":{"Type":"x"}}'},
            "K_CE_OVERRIDES: extensions must not name 'Type', which is an attribute of every"
            " event.",
            id="overrides that name a required attribute",
        ),
    ],
)
def test_a_wrong_environment_ends_the_process_at_once(setting, said, lab):
    adapter = lab.start(**{"url": "https://vcenter.example.com", **setting})

    assert adapter.wait() == 2
    assert adapter.stderr == f"The adapter cannot start: {said}\n"
