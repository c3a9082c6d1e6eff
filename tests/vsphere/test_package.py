"""The client library as pip installs it, and as the adapter loads it."""

import importlib.metadata
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built without network and without leaving anything in the checkout."""
    checkout = tmp_path_factory.mktemp("checkout")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, checkout)
    for folder in ("vsphere", "adapter"):
        shutil.copytree(ROOT / folder, checkout / folder)
    pip = [sys.executable, "-m", "pip", "wheel", "--no-index", "--no-deps", "--no-build-isolation"]
    run(*pip, "--wheel-dir", checkout / "wheels", checkout)
    [built] = (checkout / "wheels").iterdir()
    return built


def dependencies(wheel):
    [metadata] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    headers = importlib.metadata.PathDistribution(zipfile.Path(wheel, metadata).parent)
    return headers.name, [Requirement(line) for line in headers.requires or []]


def test_the_wheel_holds_the_client_library_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        files = {name for name in archive.namelist() if ".dist-info/" not in name}

    modules = {f"vsphere/{file.name}" for file in (ROOT / "vsphere").glob("*.py")}
    assert files == modules | {"vsphere/py.typed"}


def test_the_wheel_asks_for_what_the_tests_run_with(wheel):
    with zipfile.ZipFile(wheel) as archive:
        name, needed = dependencies(archive)

    assert (name, [need.name for need in needed]) == ("vsphere-sources", ["pyvmomi", "urllib3"])
    for need in needed:
        assert importlib.metadata.version(need.name) in need.specifier


def test_it_runs_in_a_fresh_environment_with_its_dependencies_alone(wheel, tmp_path):
    venv.create(tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    run(
        *(sys.executable, "-m", "pip", "--python", python, "install"),
        *("--no-index", "--no-deps", wheel),
    )
    with zipfile.ZipFile(wheel) as archive:
        _, needed = dependencies(archive)
    site = Path(run(python, "-c", "import site; print(site.getsitepackages()[0])").strip())
    for need in needed:
        installed = importlib.metadata.distribution(need.name)
        for top in {file.parts[0] for file in installed.files} - {".."}:
            (site / top).symlink_to(installed.locate_file(top))
    program = """
import vsphere
for call in (vsphere.connect, vsphere.rest):
    try:
        call(environment={}).__enter__()
    except vsphere.AddressError as error:
        print(vsphere.__file__, error.reason)
"""
    told = run(python, "-W", "error", "-c", program, cwd=tmp_path).split()

    assert told == [str(site / "vsphere" / "__init__.py"), "AddressInvalid"] * 2


def test_the_adapter_loads_nothing_of_rest():
    program = "import sys, adapter.__main__; print(*sys.modules)"
    loaded = run(sys.executable, "-c", program, cwd=ROOT).split()

    assert "vsphere.session" in loaded
    assert {"urllib3", "vsphere.automation", "vsphere.transport"}.isdisjoint(loaded)


def test_a_name_that_the_package_lacks_is_an_attribute_error():
    import vsphere  # noqa: PLC0415  the module under test

    with pytest.raises(AttributeError, match="module 'vsphere' has no attribute 'login_twice'"):
        _ = vsphere.login_twice
