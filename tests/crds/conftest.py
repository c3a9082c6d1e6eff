"""Manifests to try on the two CRDs, and the CRDs themselves."""

import copy
from pathlib import Path

import pytest
import yaml

from standalone.schema import InvalidManifestError, Schemas

CRDS = Path(__file__).parents[2] / "crds"

SOURCE = {
    "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
    "kind": "VSphereSource",
    "metadata": {"name": "events", "namespace": "default"},
    "spec": {
        "address": "https://vcenter.example.com",
        "secretRef": {"name": "vsphere-credentials"},
        "sink": {"ref": {"apiVersion": "v1", "kind": "Service", "name": "printer"}},
    },
}
BINDING = {
    "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
    "kind": "VSphereBinding",
    "metadata": {"name": "credentials", "namespace": "default"},
    "spec": {
        "address": "https://vcenter.example.com",
        "secretRef": {"name": "vsphere-credentials"},
        "subject": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "app"},
    },
}


@pytest.fixture(scope="session")
def crds():
    """Every CRD of the project, by kind."""
    documents = [yaml.safe_load(file.read_text()) for file in sorted(CRDS.glob("vsphere*.yaml"))]
    return {crd["spec"]["names"]["kind"]: crd for crd in documents}


@pytest.fixture(scope="session")
def schemas():
    return Schemas.load(CRDS)


@pytest.fixture(scope="session")
def source():
    """Make a valid source with *changes*: path to new value, `...` to remove the field."""
    return lambda changes=None: edited(SOURCE, changes or {})


@pytest.fixture(scope="session")
def binding():
    """Make a valid binding with *changes*, like `source`."""
    return lambda changes=None: edited(BINDING, changes or {})


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


def edited(manifest, changes):
    result = copy.deepcopy(manifest)
    for path, value in changes.items():
        *parents, name = path.split(".")
        owner = result
        for parent in parents:
            owner = owner.setdefault(parent, {})
        if value is ...:
            del owner[name]
        else:
            owner[name] = value
    return result
