"""TLS to a vCenter: whom to trust, and what a server that is not trusted has shown."""

import contextlib
import hashlib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

from .address import Address
from .errors import CertificateError, SettingsError

REMEDY = (
    "Let a trusted authority issue its certificate, or skip the check with skipTLSVerify "
    "(VC_INSECURE=true)."
)
"""What to do about a certificate that is not trusted."""


def tls_context(*, insecure: bool, ca_file: Path | None = None) -> ssl.SSLContext:
    """Trust the system's authorities, in their place those of *ca_file*, or anybody.

    Always pass a context to pyVmomi: without one it verifies no certificate of a local host.
    """
    if insecure:
        # Without the system's authorities, which take 2 MiB.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise SettingsError(
            f"{ca_file} does not serve as ca_file: {error.strerror or error}. "
            "Name a PEM file with the certificates of the authorities to trust."
        ) from error


def not_trusted(
    address: Address, error: ssl.SSLCertVerificationError, *, remedy: str, timeout: float
) -> CertificateError:
    """Explain a failed verification by what the server presents, and say what to do."""
    return CertificateError(
        f"{address} is not trusted: {error.verify_message.rstrip('.')}. "
        f"It presented {_presented(address, timeout=timeout)}. {remedy}"
    )


def _presented(address: Address, *, timeout: float) -> str:
    """Describe the certificate that the server shows to anybody who connects."""
    try:
        with _connected(address, tls_context(insecure=True), timeout=timeout) as peer:
            der = peer.getpeercert(binary_form=True) or b""
        # The ssl module decodes only a certificate that it verified: so trust this very one.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=der)
    except OSError:
        return "nothing when asked again"
    fingerprint = f"SHA-256 {hashlib.sha256(der).hexdigest().upper()}"
    try:
        with _connected(address, context, timeout=timeout) as peer:
            shown = peer.getpeercert() or {}
    except OSError:
        return f"a certificate with {fingerprint}"
    names = (f"{key} {_name(shown[key])}" for key in ("subject", "issuer") if key in shown)
    return f"{', '.join(names)}, {fingerprint}"


@contextlib.contextmanager
def _connected(
    address: Address, context: ssl.SSLContext, *, timeout: float
) -> Iterator[ssl.SSLSocket]:
    with (
        socket.create_connection((address.host, address.connect_port), timeout) as plain,
        context.wrap_socket(plain, server_hostname=address.host) as secure,
    ):
        yield secure


def _name(parts: object) -> str:
    """Write the ssl module's nested name tuples as `CN=x, O=y`."""
    short = {"commonName": "CN", "organizationName": "O", "countryName": "C"}
    assert isinstance(parts, tuple)  # noqa: S101  documented shape of getpeercert
    return ", ".join(f"{short.get(key, key)}={value}" for part in parts for key, value in part)
