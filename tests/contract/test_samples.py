"""Every sample is a manifest that the schemas admit, and complete in itself."""

from pathlib import Path

import pytest

from standalone import manifests
from standalone.runner import CRDS
from standalone.schema import Schemas

SAMPLES = sorted((Path(__file__).parents[2] / "samples").glob("*.yaml"))


@pytest.fixture(scope="session")
def schemas():
    return Schemas.load(CRDS)


@pytest.mark.parametrize("sample", [pytest.param(file, id=file.name) for file in SAMPLES])
def test_a_sample_declares_sources_with_their_credentials(sample, schemas):
    declared = manifests.load([sample], schemas)

    for (namespace, _), source in declared.sources.items():
        secret = declared.secrets[namespace, source["spec"]["secretRef"]["name"]]
        assert secret.keys() == {"username", "password"}
