"""Log in to a vCenter with the address and credentials that a workload was bound to."""

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
    UnreachableError,
    VSphereError,
)
from .session import Session, login

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
    "Session",
    "SessionError",
    "UnreachableError",
    "VSphereError",
    "login",
]
