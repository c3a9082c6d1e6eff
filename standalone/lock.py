"""One adapter for one checkpoint: whoever works in a folder holds its lock."""

import fcntl
import os
from pathlib import Path


class InUseError(Exception):
    """Others work in the folder; the message names it and their processes."""


class Lock:
    """An exclusive lock on *folder*, which is made if there is none; raises `InUseError`.

    A child that inherits `descriptor` holds it, too: so a runner that was killed leaves the folder
    locked for as long as its adapter lives on.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holders = os.pread(self.descriptor, 100, 0).decode()
            self.release()
            raise InUseError(
                f"{folder} is in use by {holders or 'another run'}: end that first, or choose "
                "another folder with --state"
            ) from None

    def tell(self, holders: str) -> None:
        """Leave word of the *holders*, for whoever comes and finds the folder locked."""
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, holders.encode(), 0)

    def release(self) -> None:
        """Let go of it."""
        os.close(self.descriptor)
