"""Certificates of the admission webhook, each with its private key.

Each is self-signed and trusted by itself, so that there is no key that could sign another.
"""

import datetime as dt
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

VALID_FOR = dt.timedelta(days=90)
RENEWED_AFTER = 2 / 3
"""The part of its time after which a certificate gets a successor."""
CLOCK_SKEW = dt.timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A certificate and its private key, both PEM, and what is to be known of them."""

    pem: str
    key: str = field(repr=False)
    hosts: frozenset[str]
    begins: dt.datetime
    ends: dt.datetime

    @classmethod
    def from_pem(cls, pem: bytes, key: bytes) -> Self:
        """Parse the two; raises `ValueError` if they are unreadable or do not belong together."""
        try:
            certificate = x509.load_pem_x509_certificate(pem)
            private = serialization.load_pem_private_key(key, password=None)
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
            belongs = certificate.public_key() == private.public_key()
        except (TypeError, UnsupportedAlgorithm, x509.ExtensionNotFound) as error:
            raise ValueError(str(error)) from error
        if not belongs:
            raise ValueError("The private key is that of another certificate.")
        return cls(
            pem=pem.decode(),
            key=key.decode(),
            hosts=frozenset(str(name.value) for name in names.value),
            begins=certificate.not_valid_before_utc,
            ends=certificate.not_valid_after_utc,
        )

    def is_valid(self, now: dt.datetime) -> bool:
        """Whether it may be served."""
        return self.begins <= now < self.ends

    def is_due(self, now: dt.datetime) -> bool:
        """Whether it is time for the next one."""
        return not self.begins <= now < self.begins + (self.ends - self.begins) * RENEWED_AFTER


def make(hosts: Iterable[str], now: dt.datetime) -> Certificate:
    """Make a certificate for *hosts*, DNS names or IP addresses, with a new key."""
    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "vsphere-webhook")])
    # By these OpenSSL tells two certificates of the same name apart.
    subject = x509.SubjectKeyIdentifier.from_public_key(public)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.SubjectAlternativeName([*map(_name, hosts)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(subject, critical=False)
        .add_extension(issuer, critical=False)
        .sign(private, hashes.SHA256())
    )
    key = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Certificate.from_pem(certificate.public_bytes(serialization.Encoding.PEM), key)


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
