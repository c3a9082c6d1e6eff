"""The installation as `metacontroller/` ships it, and what the hooks answer to it."""

import functools
import json
import urllib.parse
from pathlib import Path

import pytest
import yaml

from hooks.app import create_admission, create_app
from hooks.environment import scope_from, settings_from

ROOT = Path(__file__).parents[2]
CONTROLLERS = [
    "metacontroller",
    "metacontroller/overlays/knative-bindings",
    "metacontroller/components/extra-subjects",
]


def files(folder):
    """Every file that the kustomization in *folder* brings in, its own included."""
    kustomization = folder / "kustomization.yaml"
    content = yaml.safe_load(kustomization.read_text())
    found = [kustomization]
    for entry in (*content.get("resources", []), *content.get("configurations", [])):
        path = (folder / entry).resolve()
        found += files(path) if path.is_dir() else [path]
    return found


@functools.cache
def objects(folder):
    documents = [doc for file in files(folder) for doc in yaml.safe_load_all(file.read_text())]
    return [document for document in documents if "metadata" in document]


@pytest.fixture(scope="session")
def shipped_files():
    """Name the files of an installation, `metacontroller` or an overlay of it."""
    return lambda folder: files(ROOT / folder)


@pytest.fixture(scope="session")
def all_of():
    """Find the objects of a kind, sorted as they are installed."""

    def all_of(kind, folder="metacontroller"):
        return [item for item in objects(ROOT / folder) if item["kind"] == kind]

    return all_of


@pytest.fixture(scope="session")
def the(all_of):
    """Find the one object of a kind, or of a kind and name."""

    def the(kind, name=None, folder="metacontroller"):
        [found] = [
            item for item in all_of(kind, folder) if name in (None, item["metadata"]["name"])
        ]
        return found

    return the


@pytest.fixture(scope="session")
def pod(the):
    """The pod template of one of our Deployments."""
    return lambda name: the("Deployment", name)["spec"]["template"]


@pytest.fixture(scope="session")
def container(pod):
    """The only container of such a pod."""

    def container(name):
        [only] = pod(name)["spec"]["containers"]
        return only

    return container


@pytest.fixture(scope="session")
def environment(container):
    """Its variables."""
    return lambda name: {item["name"]: item["value"] for item in container(name)["env"]}


@pytest.fixture(scope="session")
def controllers(all_of):
    """All that can be installed for Metacontroller, by name."""
    return {
        item["metadata"]["name"]: item["spec"]
        for folder in CONTROLLERS
        for kind in ("CompositeController", "DecoratorController")
        for item in all_of(kind, folder)
    }


@pytest.fixture(scope="session")
def hook_urls(controllers):
    """The URLs that Metacontroller calls, by controller and hook."""
    return {
        name: {
            hook: urllib.parse.urlsplit(called["webhook"]["url"])
            for hook, called in spec["hooks"].items()
        }
        for name, spec in controllers.items()
    }


@pytest.fixture(scope="session")
def apps(environment):
    """What answers in the pods of each Deployment, as that configures it."""
    hooks, webhook = environment("vsphere-hooks"), environment("vsphere-webhook")
    return {
        "vsphere-hooks": create_app(settings_from(hooks), scope=scope_from(hooks)),
        "vsphere-webhook": create_admission(
            scope=scope_from(webhook), bindings=lambda _: [], check=lambda: None
        ),
    }


@pytest.fixture(scope="session")
def children(apps, hook_urls):
    """What the hook answers for a source that was just created, at the shipped URL."""
    request = json.loads((ROOT / "tests" / "wire" / "sync-created.json").read_text())
    url = urllib.parse.urlunsplit(hook_urls["vspheresource"]["sync"]._replace(scheme="", netloc=""))

    answer = apps["vsphere-hooks"].test_client().post(url, json=request)

    assert answer.status_code == 200
    return answer.get_json()["children"]


@pytest.fixture(scope="session")
def child(children):
    """Find the one child of a kind."""

    def child(kind):
        [found] = [item for item in children if item["kind"] == kind]
        return found

    return child
