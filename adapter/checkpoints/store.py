"""Where the checkpoint is kept between two lives of the adapter."""

import contextlib
import os
from pathlib import Path
from typing import Protocol


class StoreError(Exception):
    """The checkpoint cannot be read or written now; the message names where, and why."""


class EditedError(Exception):
    """Somebody else wrote the checkpoint meanwhile: what he wrote is the position now."""


class Store(Protocol):
    """A place for one text."""

    def load(self) -> str | None:
        """Read what is stored, or None if there is nothing; raises `StoreError`."""

    def save(self, text: str) -> None:
        """Replace what is stored, whole or not at all; raises `StoreError`, `EditedError`."""


class FileStore:
    """A file, for life without a cluster."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> str | None:
        """Read the file, if there is one."""
        try:
            return self._path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(
                f"The checkpoint file {self._path} cannot be read: {error.strerror}."
            ) from error

    def save(self, text: str) -> None:
        """Write a new file and put it in the old one's place, so that neither is ever half."""
        temporary = self._path.with_name(f".{self._path.name}.new")
        try:
            with temporary.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise StoreError(
                f"The checkpoint file {self._path} cannot be written: {error.strerror}. "
                "Delivery goes on, but a restart will begin at the last one that was written, if "
                "any."
            ) from error
