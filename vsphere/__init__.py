"""Log in to a vCenter with the address and credentials that a workload was bound to.

`connect` gives pyVmomi's ServiceInstance, `rest` a client of the Automation API: docs/client.md.
"""

from typing import TYPE_CHECKING, Any

from .address import Address
from .credentials import DEFAULT_FOLDER, Credentials
from .errors import (
    AddressError,
    CallError,
    CertificateError,
    CredentialsError,
    LoginError,
    NotVCenterError,
    SessionError,
    SettingsError,
    UnreachableError,
    VSphereError,
)
from .session import Session, login
from .soap import connect

if TYPE_CHECKING:
    from .automation import RestClient, rest

__all__ = [
    "DEFAULT_FOLDER",
    "Address",
    "AddressError",
    "CallError",
    "CertificateError",
    "Credentials",
    "CredentialsError",
    "LoginError",
    "NotVCenterError",
    "RestClient",
    "Session",
    "SessionError",
    "SettingsError",
    "UnreachableError",
    "VSphereError",
    "connect",
    "login",
    "rest",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  a module's attribute
    """Load REST when it is first used: the adapter's image has no urllib3, nor its memory room."""
    if name not in {"RestClient", "rest"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import automation  # noqa: PLC0415  that is what the function is for

    return getattr(automation, name)
