"""Where events go: a URL, and whom to trust there. No I/O."""

import urllib.parse
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Destination:
    """A URL that takes events; *ca_certs* (PEM), if any, are trusted instead of the system's."""

    url: str
    ca_certs: str = ""


def check_url(value: object) -> str:
    """Return an http or https URL as it is; raises `ValueError`, which does not repeat it."""
    try:
        parts = urllib.parse.urlsplit(value if isinstance(value, str) else "")
        # Asking for the port checks it.
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if host is None or parts.scheme not in {"http", "https"} or "@" in parts.netloc:
        # A URL with user info may hold a password: do not repeat it.
        raise ValueError("must be an http or https URL with a host and no user info")
    if not str(value).isascii():
        raise ValueError("must be in ASCII: use Punycode for the host, percent-encoding elsewhere")
    return str(value)


def check_certificates(value: object) -> str:
    """Return PEM certificates, or an empty text, as they are; raises `ValueError`."""
    if value and "-----BEGIN CERTIFICATE-----" not in str(value):
        raise ValueError("holds no PEM certificate (-----BEGIN CERTIFICATE-----)")
    return str(value or "")
