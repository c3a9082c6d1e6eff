"""A control plane on this machine, with our CRDs."""

import sys

import pytest

from standalone.cluster import Services, control_plane


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
