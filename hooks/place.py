"""Where the webhook's certificate is kept, as the environment says."""

import ipaddress
import pathlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from .environment import listed


@dataclass(frozen=True, kw_only=True)
class Place:
    """What the certificates are for, and where they are kept and trusted."""

    hosts: frozenset[str]
    secret: str
    """`namespace/name`."""
    configuration: str
    """The name of the MutatingWebhookConfiguration."""


def place_from(environment: Mapping[str, str]) -> Place | pathlib.Path:
    """Read where we keep it, or into which folder somebody else puts it.

    Exits with one sentence that names the variable, as do all readers of the environment.
    """
    if folder := environment.get("WEBHOOK_CERTIFICATE_FOLDER"):
        return pathlib.Path(folder)
    hosts = frozenset(map(_host, listed(environment.get("WEBHOOK_HOST", ""))))
    if not hosts:
        raise SystemExit("WEBHOOK_HOST is not set: name the host by which the webhook is called.")
    secret = environment.get("WEBHOOK_SECRET", "")
    namespace, _, name = secret.partition("/")
    if not namespace or not name or "/" in name:
        raise SystemExit(f"WEBHOOK_SECRET is {secret!r}: name the Secret as namespace/name.")
    configuration = environment.get("WEBHOOK_CONFIGURATION")
    if not configuration:
        raise SystemExit("WEBHOOK_CONFIGURATION is not set: name the MutatingWebhookConfiguration.")
    return Place(hosts=hosts, secret=secret, configuration=configuration)


def _host(text: str) -> str:
    """Write a host as certificates do."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", text.lower()):
            raise SystemExit(
                f"WEBHOOK_HOST names {text!r}: write DNS names or IP addresses, commas between."
            ) from None
        return text.lower()
