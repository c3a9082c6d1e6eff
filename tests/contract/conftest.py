"""The installation as `metacontroller/` ships it, and what the hooks answer to it."""

import functools
import json
import urllib.parse
from pathlib import Path

import pytest
import yaml

from hooks.app import create_app
from hooks.wsgi import settings_from

ROOT = Path(__file__).parents[2]


def files(folder):
    """Every file that the kustomization in *folder* brings in, its own included."""
    kustomization = folder / "kustomization.yaml"
    content = yaml.safe_load(kustomization.read_text())
    found = [kustomization]
    for entry in (*content["resources"], *content.get("configurations", [])):
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
    """The pod template of the hooks."""
    return the("Deployment")["spec"]["template"]


@pytest.fixture(scope="session")
def container(pod):
    [only] = pod["spec"]["containers"]
    return only


@pytest.fixture(scope="session")
def environment(container):
    return {variable["name"]: variable["value"] for variable in container["env"]}


@pytest.fixture(scope="session")
def hook_urls(the):
    """The URLs that Metacontroller calls, by hook."""
    hooks = the("CompositeController")["spec"]["hooks"]
    return {name: urllib.parse.urlsplit(hook["webhook"]["url"]) for name, hook in hooks.items()}


@pytest.fixture(scope="session")
def app(environment):
    """The hooks as the shipped Deployment configures them."""
    return create_app(settings_from(environment))


@pytest.fixture(scope="session")
def children(app, hook_urls):
    """What the hook answers for a source that was just created, at the shipped URL."""
    request = json.loads((ROOT / "tests" / "wire" / "sync-created.json").read_text())
    url = urllib.parse.urlunsplit(hook_urls["sync"]._replace(scheme="", netloc=""))

    answer = app.test_client().post(url, json=request)

    assert answer.status_code == 200
    return answer.get_json()["children"]


@pytest.fixture(scope="session")
def child(children):
    """Find the one child of a kind."""

    def child(kind):
        [found] = [item for item in children if item["kind"] == kind]
        return found

    return child
