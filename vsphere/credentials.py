"""User name and password, read from the files that a Secret is mounted as."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from .errors import CredentialsError

DEFAULT_FOLDER = "/var/bindings/vsphere"
KEYS = ("username", "password")


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What a login needs; its `repr` keeps the password to itself.

    `origin` is what to correct if vCenter refuses them. Raises `CredentialsError` for bytes of a
    variable that are no UTF-8: the error of the encoder that met them on the way to vCenter would
    hold the password.
    """

    username: str
    password: str = field(repr=False)
    origin: str = field(default="them", repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in KEYS:
            if any("\ud800" <= letter <= "\udfff" for letter in getattr(self, name)):
                raise CredentialsError(
                    f"The {name} is not UTF-8 text: correct VC_{name.upper()}, or what is given.",
                    reason="KeyMissing",
                )

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the files `username` and `password`; a trailing newline is not part of them.

        Both are of one version of the mounted Secret, even if it changes meanwhile. Raises
        `CredentialsError` with reason `SecretMissing` (neither is there) or `KeyMissing`.
        """
        while True:
            version = _version(folder)
            try:
                return cls._of(version, folder)
            except CredentialsError:
                # The kubelet deletes a version as soon as the next one is in its place.
                if version == _version(folder):
                    raise

    @classmethod
    def find(cls, environment: Mapping[str, str]) -> Self:
        """Read the mounted files, or where there are none VC_USERNAME and VC_PASSWORD.

        The folder is VC_SECRET_PATH or `/var/bindings/vsphere`. Raises `CredentialsError`.
        """
        folder = Path(environment.get("VC_SECRET_PATH") or DEFAULT_FOLDER)
        origin = f"the files username and password in {folder}, or the Secret mounted there"
        try:
            return dataclasses.replace(cls.read(folder), origin=origin)
        except CredentialsError as error:
            if error.reason != "SecretMissing":
                raise
            names = ("VC_USERNAME", "VC_PASSWORD")
            values = [environment.get(name, "") for name in names]
            if all(values):
                return cls(username=values[0], password=values[1], origin=" and ".join(names))
            missing = [name for name, value in zip(names, values, strict=True) if not value]
            raise CredentialsError(
                f"{folder} holds neither username nor password, and {' and '.join(missing)} "
                f"{'are' if missing[1:] else 'is'} not set: bind this workload with a "
                "VSphereBinding, or set them.",
                reason="SecretMissing",
            ) from error

    @classmethod
    def _of(cls, version: Path, folder: Path) -> Self:
        if not any((version / key).exists() for key in KEYS):
            raise CredentialsError(
                f"{folder} holds neither username nor password: create the Secret that "
                "secretRef names, with these two keys.",
                reason="SecretMissing",
            )
        username, password = (_read(version / key, folder / key) for key in KEYS)
        return cls(username=username, password=password, origin="the Secret")


def _version(folder: Path) -> Path:
    """Return where the files are: of a mounted Secret the kubelet swaps the link `..data` only."""
    try:
        return folder / (folder / "..data").readlink()
    except OSError:
        return folder


def _read(path: Path, shown: Path) -> str:
    try:
        value = path.read_text(encoding="utf-8").rstrip("\r\n")
    except FileNotFoundError as error:
        raise CredentialsError(
            f"{shown} is missing: the Secret needs the key {shown.name!r}.", reason="KeyMissing"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise CredentialsError(
            f"{shown} cannot be read: {why}. Make it readable for this process.",
            reason="KeyMissing",
        ) from error
    if not value:
        raise CredentialsError(
            f"{shown} is empty: give the Secret's key {shown.name!r} a value.", reason="KeyMissing"
        )
    return value
