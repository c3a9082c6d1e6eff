"""What can go wrong on the way to a vCenter.

Each message is one sentence that names the variable, file or host at fault and what to do. Each
class has a `reason`, the CamelCase word that conditions and metrics use for it. No message ever
holds a password or an address with user info.
"""

from typing import Self


class VSphereError(Exception):
    """Anything that keeps a client from its vCenter."""

    reason = "VCenterError"


class SettingsError(VSphereError):
    """A variable or argument other than address and credentials is wrong."""

    reason = "SettingInvalid"


class AddressError(VSphereError):
    """The address is no URL of a vCenter."""

    reason = "AddressInvalid"


class CredentialsError(VSphereError):
    """A user name or password is missing; no login was tried."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class LoginError(VSphereError):
    """vCenter refused the user name or password. Trying again soon may lock the account."""

    reason = "LoginRefused"

    @classmethod
    def by(cls, address: object, *, origin: str) -> Self:
        """Tell that the server at *address* refused the credentials that *origin* holds."""
        return cls(
            f"{address} refused the login: user name or password is wrong. "
            f"Correct {origin}; until then it is tried rarely, so that no account locks."
        )


class CertificateError(VSphereError):
    """The server's certificate is not trusted."""

    reason = "CertificateNotTrusted"


class UnreachableError(VSphereError):
    """No connection, or it broke."""

    reason = "Unreachable"

    @classmethod
    def by(cls, address: object, error: BaseException) -> Self:
        """Tell why the server at *address* cannot be reached."""
        why = str(error) or type(error).__name__
        if (
            getattr(error, "reason", None) == "WRONG_VERSION_NUMBER"
        ):  # OpenSSL's, of an ssl.SSLError
            why = "it does not speak TLS there; check the port, or whether http:// is meant"
        return cls(f"{address} cannot be reached: {why}.")


class NotVCenterError(VSphereError):
    """Something answers at that address, but it is no vCenter."""

    reason = "NotVCenter"


class SessionError(VSphereError):
    """The session is no longer valid: it expired, was ended, or vCenter restarted."""

    reason = "SessionExpired"


class CallError(VSphereError):
    """vCenter refused a call for another reason; of a REST call, `status` is the HTTP status."""

    reason = "CallFailed"

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
