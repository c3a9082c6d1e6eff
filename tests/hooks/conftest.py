"""Sources as an API server hands them out, and worlds to put before the hooks."""

import copy
import datetime as dt
from collections import defaultdict
from pathlib import Path

import pytest

from hooks import source
from hooks.app import create_app
from hooks.model import Observed, ServedKind, Settings
from standalone.schema import Schemas
from tests.manifests import edited

NOW = dt.datetime(2026, 5, 1, 12, 0, tzinfo=dt.UTC)
UID = "2fa9d7cf-cc9e-4452-81a5-8030e3b9c7d3"
SOURCE = {
    "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
    "kind": "VSphereSource",
    "metadata": {"name": "vcenter", "namespace": "default", "uid": UID, "generation": 1},
    "spec": {
        "address": "https://vcenter.example.com",
        "secretRef": {"name": "vsphere-credentials"},
        "sink": {"uri": "http://events.example.com/in"},
    },
}


@pytest.fixture
def now():
    return NOW


@pytest.fixture
def settings():
    return Settings(adapter_image="registry.example.com/adapter:1", revision="7")


@pytest.fixture
def served():
    """A cluster with Knative Eventing: (group, kind) -> version and plural."""
    return {
        ("", "Service"): ServedKind(version="v1", plural="services"),
        ("eventing.knative.dev", "Broker"): ServedKind(version="v1", plural="brokers"),
    }


@pytest.fixture(scope="session")
def schemas():
    return Schemas.load(Path(__file__).parents[2] / "crds")


@pytest.fixture
def parent(schemas):
    """Make a source with *changes*: path to new value, `...` to remove the field."""

    def parent(changes=None, *, status=None):
        admitted = schemas.admit(edited(SOURCE, changes or {}))
        return admitted | ({"status": status} if status else {})

    return parent


@pytest.fixture
def request_for(parent):
    """Make a `sync` request: a source in a world of *children* and *related* objects."""

    def request_for(changes=None, *, children=(), related=(), status=None):
        return {
            "parent": parent(changes, status=status),
            "children": by_kind(children),
            # What was asked for has a key, even if nothing of it is there.
            "related": {"Broker.eventing.knative.dev/v1": {}} | by_kind(related),
            "finalizing": False,
        }

    return request_for


@pytest.fixture
def sync(request_for, settings, served):
    """Ask the hook about such a world."""

    def sync(changes=None, *, now=NOW, served=served, **world):
        observed = Observed.from_request(request_for(changes, **world), now=now)
        return source.sync(observed, settings=settings, served=served)

    return sync


@pytest.fixture
def created(sync):
    """Make the children of a source, the Deployment with *status* of generation 1."""

    def created(changes=None, *, status=None):
        children = copy.deepcopy(sync(changes).children)
        for child in children:
            child["metadata"]["generation"] = 1
            if child["kind"] == "Deployment":
                child["status"] = {"observedGeneration": 1} if status is None else status
        return children

    return created


@pytest.fixture
def running(created):
    """Make the children of a source whose adapter is up."""
    up = {
        "observedGeneration": 1,
        "conditions": [
            {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"}
        ],
    }
    return lambda changes=None: created(changes, status=up)


@pytest.fixture
def conditions():
    """Read the conditions of an answer: type -> (status, reason, message)."""

    def conditions(desired):
        return {
            item["type"]: (item["status"], item.get("reason", ""), item.get("message", ""))
            for item in desired.status["conditions"]
        }

    return conditions


@pytest.fixture
def client(settings, served):
    """The app, as an HTTP client sees it."""
    return create_app(settings, served=lambda: served, now=lambda: NOW).test_client()


def by_kind(objects):
    """Key *objects* as Metacontroller does."""
    found = defaultdict(dict)
    for item in objects:
        key = f"{item['metadata']['namespace']}/{item['metadata']['name']}"
        found[f"{item['kind']}.{item['apiVersion']}"][key] = item
    return dict(found)
