"""A certificate for this machine, made anew by each simulator and trusted by nobody else."""

from __future__ import annotations

import datetime as dt
import ipaddress
import pathlib
import ssl
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

VALID_FOR = dt.timedelta(days=365)
CLOCK_SKEW = dt.timedelta(days=1)


def self_signed(now: dt.datetime) -> tuple[str, ssl.SSLContext]:
    """Make a certificate for localhost and 127.0.0.1; return its PEM and a context serving it."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _build(key, now).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        # OpenSSL reads from files only, and this folder is readable by its owner only.
        path = pathlib.Path(folder, "server.pem")
        path.write_bytes(private + certificate)
        context.load_cert_chain(path)
    return certificate.decode(), context


def _build(key: ec.EllipticCurvePrivateKey, now: dt.datetime) -> x509.Certificate:
    name = x509.Name(
        [x509.NameAttribute(x509.NameOID.COMMON_NAME, "vCenter simulator (self-signed)")]
    )
    hosts = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
