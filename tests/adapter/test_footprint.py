"""The process loads no more of pyVmomi than it needs."""

import subprocess
import sys
from pathlib import Path

import pytest
import pyVmomi

from adapter.footprint import UNUSED

LOADED = "import adapter.__main__, sys; print(*(name for name, it in sys.modules.items() if it))"


@pytest.fixture(scope="module")
def loaded():
    ran = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


@pytest.mark.parametrize("service", UNUSED)
def test_types_of_services_without_events_are_not_loaded(service, loaded):
    module = f"_typeinfo_{service}"

    assert (Path(pyVmomi.__file__).parent / f"{module}.py").exists()
    assert f"pyVmomi.{module}" not in loaded


def test_those_with_events_are(loaded):
    assert "pyVmomi._typeinfo_vim" in loaded
