"""Where and how to log in: what the code gives, else what the workload was bound to."""

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from .address import Address
from .credentials import Credentials
from .errors import AddressError, CredentialsError, SettingsError
from .session import DEFAULT_TIMEOUT

KEEP_ALIVE = 60.0
"""Seconds; vCenter's own limits for idle sessions are counted in minutes."""


class Options(TypedDict, total=False):
    """What `vsphere.connect` and `vsphere.rest` take, each by name and each optional.

    Attributes:
        url: the vCenter's address; `username` and `password` go with it. Else VC_URL.
        username: whom to log in as. Else the mounted Secret, else VC_USERNAME and VC_PASSWORD.
        password: the password of `username`.
        insecure: trust any certificate. Else VC_INSECURE, if the address is VC_URL's.
        ca_file: a PEM file of the authorities to trust in place of the system's.
        timeout: seconds that vCenter may take for one answer (30).
        keep_alive: seconds between two looks at session and Secret (60).
        environment: variables to use in place of the process's.
    """

    url: str | None
    username: str | None
    password: str | None
    insecure: bool | None
    ca_file: str | os.PathLike[str] | None
    timeout: float
    keep_alive: float
    environment: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that logging in and staying so needs.

    `credentials` reads them as they are now; `remedy` is what to do about a certificate that is not
    trusted.
    """

    address: Address
    credentials: Callable[[], Credentials]
    insecure: bool
    ca_file: Path | None
    remedy: str
    timeout: float
    keep_alive: float


def resolve(  # noqa: PLR0913  they are the options of `connect` and `rest`
    *,
    url: str | None = None,
    username: str | None = None,
    password: str | None = None,
    insecure: bool | None = None,
    ca_file: str | os.PathLike[str] | None = None,
    timeout: float = DEFAULT_TIMEOUT,
    keep_alive: float = KEEP_ALIVE,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Check `Options` and fill them up from the environment.

    Raises `SettingsError`, `AddressError` or `CredentialsError`; files are not read yet.
    """
    environment = os.environ if environment is None else environment
    given = _given(url, username, password)
    if insecure is None:
        # The variable speaks of VC_URL's server and of no other.
        insecure = url is None and _boolean(environment, "VC_INSECURE")
    if insecure and ca_file is not None:
        raise SettingsError(
            "ca_file has no effect while insecure (VC_INSECURE) is true: "
            "give insecure=False, or no ca_file."
        )
    for name, seconds in (("timeout", timeout), ("keep_alive", keep_alive)):
        if not 0 < seconds < math.inf:
            raise SettingsError(f"{name} must be a number of seconds above 0, not {seconds}.")
    return Settings(
        address=_address(url, environment),
        credentials=lambda: given or Credentials.find(environment),
        insecure=insecure,
        ca_file=None if ca_file is None else Path(ca_file),
        remedy=_remedy(url, ca_file),
        timeout=timeout,
        keep_alive=keep_alive,
    )


def _given(url: str | None, username: str | None, password: str | None) -> Credentials | None:
    """Return what the code gives, if it does, and never let another address have a bound Secret."""
    if username and password:
        return Credentials(
            username=username, password=password, origin="the arguments username and password"
        )
    if username or password or url is not None:
        missing = [
            name for name, value in (("username", username), ("password", password)) if not value
        ]
        raise CredentialsError(
            f"{' and '.join(missing)} {'are' if missing[1:] else 'is'} missing: give url, username "
            "and password, or none of them to use VC_URL and the mounted Secret.",
            reason="KeyMissing",
        )
    return None


def _address(url: str | None, environment: Mapping[str, str]) -> Address:
    if url is not None:
        return Address.parse(url, name="url")
    if not environment.get("VC_URL"):
        raise AddressError(
            "VC_URL is not set: bind this workload with a VSphereBinding, set it, or give url, "
            "username and password."
        )
    return Address.parse(environment["VC_URL"])


def _remedy(url: str | None, ca_file: str | os.PathLike[str] | None) -> str:
    issuer = "Name a file with its issuer's certificate as ca_file"
    if ca_file is not None:
        issuer = f"Add its issuer's certificate to {ca_file}"
    skip = "skipTLSVerify (VC_INSECURE=true)" if url is None else "insecure=True"
    return f"{issuer}, or skip the check with {skip}."


def _boolean(environment: Mapping[str, str], name: str) -> bool:
    value = environment.get(name) or "false"
    # What Go's strconv.ParseBool takes.
    words = {"1": True, "t": True, "true": True, "0": False, "f": False, "false": False}
    if value.lower() not in words:
        raise SettingsError(f"{name} must be true or false, not {value!r}.")
    return words[value.lower()]
