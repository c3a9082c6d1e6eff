"""Log in to a vCenter with the address and credentials that a workload was bound to.

`connect` gives pyVmomi's ServiceInstance, `rest` a client of the Automation API: docs/client.md.
"""

import importlib
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

if TYPE_CHECKING:
    from .automation import RestClient, rest
    from .soap import connect

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


_LATER = {"RestClient": "automation", "rest": "automation", "connect": "soap"}


def __getattr__(name: str) -> Any:  # noqa: ANN401  a module's attribute
    """Load when it is first used what the adapter does not: REST, for one, needs urllib3."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_LATER[name]}", __name__), name)
