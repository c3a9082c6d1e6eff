"""Which URLs and certificates an adapter can be given; another one would end at its start."""

import json
import re
import urllib.parse
from typing import TypeGuard

LONGEST_URL = 2048
LONGEST_CERTIFICATES = 100_000
"""In bytes, as JSON holds them: Linux starts no program with a variable of 128 KiB or more."""

_URL = re.compile(
    r"(?i:https?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9._-]*)(:[0-9]+)?([/?#][!-~]*)?"
)


def is_url(text: str) -> bool:
    """Hold *text*, from the status of some object, to what the schema asks of a `uri`."""
    if len(text) > LONGEST_URL or not _URL.fullmatch(text):
        return False
    try:
        parts = urllib.parse.urlsplit(text)
        # Refuses a host with an empty label, or one of more than 63 characters.
        (parts.hostname or "").encode("idna")
        port = parts.port
    except ValueError:
        return False
    return port != 0


def are_certificates(value: object) -> TypeGuard[str]:
    """Whether *value*, from a source or from any status, is PEM that fits into a variable."""
    if not isinstance(value, str) or "\0" in value:
        return False
    return "-----BEGIN CERTIFICATE-----" in value and len(json.dumps(value)) <= LONGEST_CERTIFICATES
