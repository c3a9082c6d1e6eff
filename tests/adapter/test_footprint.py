"""The process loads no more of pyVmomi than it needs."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
import pyVmomi

from adapter.footprint import RARE, UNUSED

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


def test_what_is_hardly_ever_used_is_not_loaded(loaded):
    # What these modules load themselves; in their own place is a stand-in.
    assert {"_hashlib", "locale"}.isdisjoint(loaded)


@pytest.mark.parametrize("name", RARE)
def test_it_is_loaded_when_it_is_used(name):
    program = f"import adapter.footprint, {name}; print({name}.__file__)"

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert ran.stdout.strip() == importlib.import_module(name).__file__


def test_no_web_server_comes_with_the_metrics(loaded):
    assert {"http.server", "prometheus_client", "urllib.request", "tempfile"}.isdisjoint(loaded)
