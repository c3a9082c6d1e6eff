"""The address of a vCenter's SDK, from what a user writes."""

import urllib.parse
from dataclasses import dataclass
from typing import Self

from .errors import AddressError


@dataclass(frozen=True, kw_only=True)
class Address:
    """An SDK endpoint: `scheme://host[:port]/path`, without user info."""

    scheme: str
    host: str
    port: int | None
    path: str

    @classmethod
    def parse(cls, text: str, *, name: str = "VC_URL") -> Self:
        """Read an address; scheme `https` and path `/sdk` may be left out.

        Raises `AddressError`, calling the setting *name*. The message does not repeat an address
        with user info in it, for that may be a password.
        """
        text = text.strip()
        if "@" in text:
            raise AddressError(
                f"{name} must not hold user info: put user name and password into the Secret."
            )
        try:
            parts = urllib.parse.urlsplit(text if "://" in text else f"https://{text}")
            port = parts.port
            # What cannot be looked up, like a doubled dot, is found here and not at each login.
            (parts.hostname or "").encode("idna")
        except ValueError as error:
            raise AddressError(f"{name} is not a URL: {text!r} ({error}).") from error
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise AddressError(
                f"{name} must be an http or https URL with a host, "
                f"like https://vcenter.example.com, not {text!r}."
            )
        path = parts.path.rstrip("/") or "/sdk"
        return cls(scheme=parts.scheme, host=parts.hostname, port=port, path=path)

    @property
    def netloc(self) -> str:
        """Host and, where one was given, port, as URLs and messages hold them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def connect_port(self) -> int:
        """The port to connect to."""
        return self.port or (443 if self.scheme == "https" else 80)

    def __str__(self) -> str:
        """The SDK URL, which is also the `source` of events."""
        return f"{self.scheme}://{self.netloc}{self.path}"
