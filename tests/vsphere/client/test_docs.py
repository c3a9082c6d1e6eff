"""docs/client.md: its programs run as they stand, its tables name what there is."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import vsphere
from vsphere.settings import Options

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "client.md").read_text()
SOAP, REST, UNBOUND = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def cells(first):
    """The first cells of the table whose head begins with *first*."""
    _, _, below = PAGE.partition(f"\n| {first} |")
    rows = below.partition("\n\n")[0].splitlines()[2:]
    return [row.split(" | ")[0] for row in rows]


def names(first):
    return re.findall(r"`(\w+)`", " ".join(cells(first)))


@pytest.fixture
def run():
    """Run a program of the page bound to a server, and return what it prints."""

    def output(program, peer, **variables):
        trusting = {"SSL_CERT_FILE": str(peer.ca_file), "PYTHONPATH": str(ROOT)}
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            env={"PATH": os.environ["PATH"], **trusting, **peer.environment, **variables},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    return output


def test_the_soap_program_lists_machines(run, make_peer, peers):
    told = run(SOAP, make_peer(peers["SOAP of vcsim"]))

    assert len(re.findall(r"\('\w+_VM\d', 'powered(On|Off)'\)", told)) == 4


def test_the_rest_program_lists_machines(run, make_peer, peers):
    told = run(REST, make_peer(peers["newer REST of the simulator"]))

    assert told == "[('vm-1001', 'web-prod-01'), ('vm-1053', 'db-test-02')]\n"


def test_the_unbound_program_tells_the_time(run, make_peer, peers):
    peer = make_peer(peers["SOAP of vcsim"])
    program = UNBOUND.replace("https://vcenter.example.com", peer.url)

    told = run(program, peer, VC_URL="", VC_SECRET_PATH="/nonexistent", LAB_PASSWORD="any")

    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+00:00\n", told)


def test_every_option_is_in_the_table():
    assert sorted(names("option of both calls")) == sorted(Options.__annotations__)


def test_every_variable_is_in_the_table():
    source = "".join(file.read_text() for file in (ROOT / "vsphere").glob("*.py"))

    assert sorted(names("variable")) == sorted(set(re.findall(r'"(VC_\w+)"', source)))


def test_every_error_and_its_reason_is_in_the_table():
    errors = vsphere.VSphereError.__subclasses__()

    assert sorted(names("error")) == sorted(error.__name__ for error in errors)
    for error in errors:
        assert "reason" not in vars(error) or f"| `{error.__name__}` | `{error.reason}` |" in PAGE
