"""Certificates: what they are good for, and how long."""

import datetime as dt
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from hooks.certificates import Certificate, make

NOW = dt.datetime(2026, 5, 1, 12, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
ISSUED = make(["vsphere-webhook.vsphere-sources.svc", "10.96.0.7"], NOW)


def test_a_certificate_is_for_names_and_addresses_alike():
    parsed = x509.load_pem_x509_certificate(ISSUED.pem.encode())
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert names.get_values_for_type(x509.DNSName) == ["vsphere-webhook.vsphere-sources.svc"]
    assert [*map(str, names.get_values_for_type(x509.IPAddress))] == ["10.96.0.7"]
    assert ISSUED.hosts == {"vsphere-webhook.vsphere-sources.svc", "10.96.0.7"}


def test_a_certificate_is_its_own_authority_and_nobody_elses():
    parsed = x509.load_pem_x509_certificate(ISSUED.pem.encode())

    parsed.verify_directly_issued_by(parsed)
    assert isinstance(parsed.public_key(), ec.EllipticCurvePublicKey)
    assert not parsed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    ssl.create_default_context(cadata=ISSUED.pem)


def test_each_certificate_has_a_key_of_its_own():
    assert make(["a"], NOW).key != make(["a"], NOW).key


def test_what_is_read_back_is_what_was_made():
    assert Certificate.from_pem(ISSUED.pem.encode(), ISSUED.key.encode()) == ISSUED


def test_the_private_key_is_not_shown():
    assert "PRIVATE" not in repr(ISSUED)


@pytest.mark.parametrize(
    ("pem", "key"),
    [
        pytest.param(b"", b"", id="nothing"),
        pytest.param(ISSUED.pem.encode(), b"", id="no key"),
        pytest.param(b"", ISSUED.key.encode(), id="no certificate"),
        pytest.param(ISSUED.pem[:300].encode(), ISSUED.key.encode(), id="half a certificate"),
        pytest.param(ISSUED.pem.encode(), make(["a"], NOW).key.encode(), id="key of another"),
        pytest.param(ISSUED.key.encode(), ISSUED.pem.encode(), id="the wrong way round"),
        pytest.param(b"\xff", b"\xff", id="not text"),
    ],
)
def test_what_cannot_be_used_together_is_refused(pem, key):
    with pytest.raises(ValueError, match=r"."):
        Certificate.from_pem(pem, key)


@pytest.mark.parametrize(
    ("age", "valid", "due"),
    [
        pytest.param(-2 * DAY, False, True, id="not yet"),
        pytest.param(-dt.timedelta(minutes=30), True, False, id="by a clock that is slow"),
        pytest.param(0 * DAY, True, False, id="new"),
        pytest.param(59 * DAY, True, False, id="two months old"),
        pytest.param(61 * DAY, True, True, id="in its last month"),
        pytest.param(90 * DAY, False, True, id="ended"),
    ],
)
def test_a_certificate_is_good_for_90_days_and_replaced_after_60(age, valid, due):
    assert (ISSUED.is_valid(NOW + age), ISSUED.is_due(NOW + age)) == (valid, due)
