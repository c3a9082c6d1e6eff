"""User name and password, read from the files that a Secret is mounted as."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from .errors import CredentialsError

DEFAULT_FOLDER = "/var/bindings/vsphere"


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What a login needs; its `repr` keeps the password to itself."""

    username: str
    password: str = field(repr=False)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the files `username` and `password`; a trailing newline is not part of them.

        Raises `CredentialsError` with reason `SecretMissing` (neither is there) or `KeyMissing`.
        """
        if not any((folder / key).exists() for key in ("username", "password")):
            raise CredentialsError(
                f"{folder} holds neither username nor password: create the Secret that "
                "secretRef names, with these two keys.",
                reason="SecretMissing",
            )
        return cls(username=_read(folder / "username"), password=_read(folder / "password"))


def _read(path: Path) -> str:
    try:
        value = path.read_text(encoding="utf-8").rstrip("\r\n")
    except FileNotFoundError as error:
        raise CredentialsError(
            f"{path} is missing: the Secret needs the key {path.name!r}.", reason="KeyMissing"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise CredentialsError(
            f"{path} cannot be read: {why}. Make it readable for this process.",
            reason="KeyMissing",
        ) from error
    if not value:
        raise CredentialsError(
            f"{path} is empty: give the Secret's key {path.name!r} a value.", reason="KeyMissing"
        )
    return value
