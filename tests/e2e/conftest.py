"""A control plane on this machine, with our CRDs; and Metacontroller, or what stands in for it."""

import contextlib
import os
import pathlib
import shutil
import sys

import pytest
import urllib3

from standalone.cluster import Services, control_plane

HERE = pathlib.Path(__file__).parent
LEFT_OUT = pytest.StashKey()


def metacontroller_program():
    """Metacontroller itself, None if it is not here: this project neither has nor builds it."""
    named = os.environ.get("METACONTROLLER")
    found = shutil.which(named or "metacontroller")
    if named and found is None:
        raise pytest.UsageError(f"METACONTROLLER names no program: {named}.")
    return found


def pytest_addoption(parser):
    parser.addoption(
        "--write-docs", action="store_true", help="write docs/troubleshooting.md from what is seen"
    )
    parser.addoption(
        "--record",
        metavar="FOLDER",
        type=pathlib.Path,
        help="write what Metacontroller sends to FOLDER",
    )


def pytest_collection_modifyitems(config, items):
    """Leave out what nothing but Metacontroller itself can do, where it is not here."""
    if metacontroller_program() is not None:
        return
    left_out = [item for item in items if item.get_closest_marker("metacontroller")]
    items[:] = [item for item in items if item not in left_out]
    config.stash[LEFT_OUT] = left_out
    config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter, config):
    if left_out := config.stash.get(LEFT_OUT, []):
        terminalreporter.write_line(
            f"Tests left out for want of Metacontroller: {len(left_out)} (-v lists them). "
            "Put it on the PATH, or name it by METACONTROLLER."
        )
        if config.get_verbosity() > 0:
            terminalreporter.write("".join(f"  {item.nodeid}\n" for item in left_out))


@pytest.fixture(scope="session")
def services(tmp_path_factory):
    folder = tmp_path_factory.mktemp("e2e")
    yield Services(folder=folder)
    # Shown by pytest when something failed.
    sys.stdout.write(f"The logs are in {folder}.\n")


@pytest.fixture(scope="session")
def cluster(services):
    """The control plane, ready."""

    def install_definitions(cluster):
        cluster.kubectl("apply", "--server-side", "-k", "crds")

    with control_plane(services, prepare=install_definitions) as built:
        yield built


@pytest.fixture(scope="session")
def api_server(cluster):
    """The API server for its administrator, each answer as it is."""
    with urllib3.connection_from_url(
        cluster.api.url,
        ca_certs=cluster.api.authority,
        headers={"Authorization": f"Bearer {cluster.api.token}"},
        retries=False,
    ) as connections:
        yield connections


@pytest.fixture(scope="session")
def run_metacontroller():
    """Run Metacontroller where it is installed: as its ServiceAccount, with its least rights.

    Where there is no Metacontroller, standalone/controller stands in for it.
    """

    @contextlib.contextmanager
    def run(cluster, services):
        api = cluster.as_service_account("metacontroller", "metacontroller")
        kubeconfig = services.write("metacontroller.kubeconfig", api.kubeconfig())
        program = metacontroller_program()
        if program is None:
            cluster.kubectl("apply", "--filename", HERE / "stand-in.yaml")
            command = [sys.executable, "-m", "standalone.controller"]
        else:
            command = [
                program,
                f"--metrics-address=127.0.0.1:{services.free_port()}",
                f"--health-probe-bind-address=127.0.0.1:{services.free_port()}",
                "--client-go-qps=100",
                "--client-go-burst=200",
                "--discovery-interval=2s",
            ]
        with services.running(
            "metacontroller", [*command, f"--kubeconfig={kubeconfig}"]
        ) as process:
            yield process

    return run
