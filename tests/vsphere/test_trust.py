"""Servers whose certificate is not trusted, and what they have shown."""

import hashlib
import re
import ssl

import pytest

from vsphere import CertificateError, login, trust


@pytest.fixture
def make_context(authority):
    def make(*names, **options):
        certificate = authority.issue_cert(*names, **options)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        pem = certificate.cert_chain_pems[0].bytes().decode()
        return context, hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()

    return make


@pytest.fixture
def system_trusts_it(authority, tmp_path, monkeypatch):
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


def refusal(vcenter, credentials):
    with pytest.raises(CertificateError) as caught:
        login(vcenter.address, credentials, timeout=10)
    return str(caught.value)


def test_a_server_that_nobody_vouches_for_is_told_with_what_it_shows(
    start, credentials, make_context
):
    context, fingerprint = make_context("localhost", organization_name="Lab", common_name="vc")
    vcenter = start(context)

    message = refusal(vcenter, credentials)

    # trustme puts a random word behind each name.
    assert re.sub(r" #[\w-]+", "", message) == (
        f"{vcenter.address} is not trusted: unable to get local issuer certificate. "
        "It presented subject O=Lab, organizationalUnitName=Testing cert, CN=vc, "
        "issuer O=Example Org, organizationalUnitName=Testing CA, "
        f"SHA-256 {fingerprint}. "
        "Let a trusted authority issue its certificate, or skip the check with skipTLSVerify "
        "(VC_INSECURE=true)."
    )
    assert vcenter.requests == []


@pytest.mark.usefixtures("system_trusts_it")
def test_a_server_of_another_name_is_not_trusted(start, credentials, make_context):
    context, fingerprint = make_context("other.example.com")

    message = refusal(start(context), credentials)

    assert "Hostname mismatch, certificate is not valid for 'localhost'. It presented" in message
    assert fingerprint in message


def test_a_server_that_shows_nothing_more_is_told_too(vcenter):
    error = ssl.SSLCertVerificationError(1, "failed")
    error.verify_message = "self-signed certificate"

    message = str(trust.not_trusted(vcenter.address, error, remedy="Mend it.", timeout=10))

    assert message == (
        f"{vcenter.address} is not trusted: self-signed certificate. "
        "It presented nothing when asked again. Mend it."
    )


@pytest.mark.usefixtures("system_trusts_it")
def test_a_server_of_a_trusted_authority_is_logged_in_to(start, credentials, make_context):
    context, _ = make_context("localhost")

    session = login(start(context).address, credentials, timeout=10)

    session.logout()
    assert session.instance_uuid == "uuid-1"


def test_the_check_can_be_skipped(start, credentials, make_context):
    context, _ = make_context("other.example.com")

    session = login(start(context).address, credentials, insecure=True, timeout=10)

    session.logout()
    assert session.instance_uuid == "uuid-1"
