"""The two CRDs, and what admission without a cluster says to a manifest."""

from pathlib import Path

import pytest
import yaml

from standalone.schema import InvalidManifestError, Schemas

CRDS = Path(__file__).parents[2] / "crds"


@pytest.fixture(scope="session")
def crds():
    """Every CRD of the project, by kind."""
    documents = [yaml.safe_load(file.read_text()) for file in sorted(CRDS.glob("vsphere*.yaml"))]
    return {crd["spec"]["names"]["kind"]: crd for crd in documents}


@pytest.fixture(scope="session")
def schemas():
    return Schemas.load(CRDS)


@pytest.fixture(scope="session")
def refusal(schemas):
    """Say why a manifest is refused, None when it is not."""

    def refusal(manifest):
        try:
            schemas.admit(manifest)
        except InvalidManifestError as error:
            return str(error)
        return None

    return refusal
