"""User name and password, read from the files that a Secret is mounted as."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from .errors import CredentialsError

DEFAULT_FOLDER = "/var/bindings/vsphere"


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What a login needs; its `repr` keeps the password to itself.

    Raises `CredentialsError` for bytes of a variable that are no UTF-8: the error of the encoder
    that met them on the way to vCenter would hold the password.
    """

    username: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        for name in ("username", "password"):
            if any("\ud800" <= letter <= "\udfff" for letter in getattr(self, name)):
                raise CredentialsError(
                    f"The {name} is not UTF-8 text: correct VC_{name.upper()}, or what is given.",
                    reason="KeyMissing",
                )

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

    @classmethod
    def find(cls, environment: Mapping[str, str]) -> Self:
        """Read the mounted files, or where there are none VC_USERNAME and VC_PASSWORD.

        The folder is VC_SECRET_PATH or `/var/bindings/vsphere`. Raises `CredentialsError`.
        """
        folder = Path(environment.get("VC_SECRET_PATH") or DEFAULT_FOLDER)
        try:
            return cls.read(folder)
        except CredentialsError as error:
            if error.reason != "SecretMissing":
                raise
            names = ("VC_USERNAME", "VC_PASSWORD")
            values = [environment.get(name, "") for name in names]
            if all(values):
                return cls(username=values[0], password=values[1])
            missing = [name for name, value in zip(names, values, strict=True) if not value]
            raise CredentialsError(
                f"{folder} holds neither username nor password, and {' and '.join(missing)} "
                f"{'are' if missing[1:] else 'is'} not set: bind this workload with a "
                "VSphereBinding, or set them.",
                reason="SecretMissing",
            ) from error


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
