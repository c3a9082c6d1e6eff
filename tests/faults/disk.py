"""A disk so small that it can be filled: a tmpfs, which only root may mount."""

import contextlib
import os
import subprocess

FILLING = ".filling"


def may_mount():
    """Whether this user may have such a disk."""
    return os.geteuid() == 0


@contextlib.contextmanager
def tiny(folder):
    """Let *folder* be a disk of 64 KiB."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "faults", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextlib.contextmanager
def full(folder):
    """Leave no byte free."""
    filling = folder / FILLING
    with contextlib.suppress(OSError), filling.open("wb", buffering=0) as file:
        while file.write(bytes(1024)):
            pass
    yield
    filling.unlink()
