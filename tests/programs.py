"""The real programs that tests talk to."""

import os
import shutil
from pathlib import Path

import pytest

BUILT = Path(__file__).parents[1] / ".cache" / "bin"


def program(name, *, made_by="make peers"):
    """Find *name* where it is built, or on the PATH.

    Without it a test is skipped; but where everything is to be tested it fails.
    """
    found = BUILT / name if (BUILT / name).exists() else shutil.which(name)
    if found is None:
        missing = f"{name} is missing: install Go 1.24 or newer and run `{made_by}`."
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    return found
