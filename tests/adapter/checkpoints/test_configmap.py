"""The checkpoint in a ConfigMap, against a small API server that knows server-side apply."""

import json
import ssl

import pytest

from adapter.checkpoints.configmap import ConfigMapStore
from adapter.checkpoints.store import EditedError, StoreError
from adapter.cluster import ApiServer
from adapter.config import Cluster

PATH = "/api/v1/namespaces/ns/configmaps/one-configmap"
# No controller: Metacontroller would take the ConfigMap for a child, and delete it.
OWNER = {
    "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
    "kind": "VSphereSource",
    "name": "one",
    "uid": "uid-1",
}


class ConfigMaps:
    """One ConfigMap at most, and who applied its fields last."""

    def __init__(self, respond):
        self.respond = respond
        self.object = None
        self.manager = None
        self.version = 0
        self.refusal = None

    def write(self, manager, data, owners=None):
        self.version += 1
        self.manager = manager
        metadata = {
            "name": "one-configmap",
            "namespace": "ns",
            "resourceVersion": str(self.version),
        }
        if owners:
            metadata["ownerReferences"] = owners
        self.object = {"metadata": metadata, "data": data}

    def delete(self):
        self.object = self.manager = None

    def answer(self, request, _connection):
        line, _, rest = request.decode().partition("\r\n")
        method, target, _ = line.split(" ")
        path, _, query = target.partition("?")
        if self.refusal:
            return self.respond(*self.refusal)
        assert path == PATH
        if method == "GET":
            return (
                self.respond(200, json.dumps(self.object).encode()) if self.object else self.gone()
            )
        assert method == "PATCH"
        assert "content-type: application/apply-patch+yaml" in rest.lower()
        return self.apply(json.loads(rest.partition("\r\n\r\n")[2]), query)

    def apply(self, applied, query):
        options = dict(option.split("=") for option in query.split("&"))
        metadata = applied["metadata"]
        version = metadata.get("resourceVersion")
        if version and (
            self.object is None or version != self.object["metadata"]["resourceVersion"]
        ):
            return self.respond(409, b'{"message":"the object has been modified"}')
        mine = self.manager in {None, options["fieldManager"]}
        if not mine and self.object["data"] != applied["data"] and options.get("force") != "true":
            return self.respond(409, b'{"message":"Apply failed with 1 conflict"}')
        status = 200 if self.object else 201
        self.write(options["fieldManager"], applied["data"], metadata.get("ownerReferences"))
        return self.respond(status, json.dumps(self.object).encode())

    def gone(self):
        return self.respond(404, b'{"message":"configmaps \\"one-configmap\\" not found"}')


@pytest.fixture
def configmaps(respond):
    return ConfigMaps(respond)


@pytest.fixture
def server(serve, configmaps, server_context):
    return serve(configmaps.answer, context=server_context)


@pytest.fixture
def trusted(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def make_store(server, trusted):
    def make(*, source_uid="uid-1", token=lambda: "token"):
        return ConfigMapStore(
            api_server=ApiServer(url=server.url, context=lambda: trusted, token=token),
            cluster=Cluster(
                namespace="ns", name="one", source_uid=source_uid, configmap="one-configmap"
            ),
        )

    return make


@pytest.fixture
def store(make_store):
    return make_store()


def test_none_is_no_checkpoint(store):
    assert store.load() is None


def test_one_without_a_checkpoint_is_none(store, configmaps):
    configmaps.write("kubectl", {"other": "x"})

    assert store.load() is None


def test_the_first_save_creates_it_as_its_sources(store, configmaps):
    store.load()
    store.save("first")

    assert configmaps.object == {
        "metadata": {
            "name": "one-configmap",
            "namespace": "ns",
            "resourceVersion": "1",
            "ownerReferences": [OWNER],
        },
        "data": {"checkpoint": "first"},
    }


def test_a_later_life_goes_on_with_its_own(make_store, configmaps):
    make_store().save("first")
    second = make_store()

    assert second.load() == "first"
    second.save("second")
    second.save("third")
    assert configmaps.object["data"] == {"checkpoint": "third"}
    assert configmaps.object["metadata"]["ownerReferences"] == [OWNER]


@pytest.mark.parametrize(
    "owners",
    [
        pytest.param(None, id="of nobody"),
        pytest.param([{**OWNER, "uid": "uid-0"}], id="of a former source of that name"),
    ],
)
def test_one_that_was_there_before_is_used_but_not_adopted(store, configmaps, owners):
    configmaps.write("kubectl", {"checkpoint": "seeded"}, owners)

    assert store.load() == "seeded"
    store.save("mine")
    assert configmaps.object["data"] == {"checkpoint": "mine"}
    assert "ownerReferences" not in configmaps.object["metadata"]


def test_without_a_source_there_is_no_owner(make_store, configmaps):
    """As in the environment of the Go project, which does not tell the source's UID."""
    store = make_store(source_uid="")
    store.load()
    store.save("first")

    assert "ownerReferences" not in configmaps.object["metadata"]


@pytest.mark.parametrize("saves", [0, 1, 2])
def test_another_hands_edit_is_not_overwritten(store, configmaps, saves):
    configmaps.write("kubectl", {"checkpoint": "seeded"})
    store.load()
    for number in range(saves):
        store.save(f"mine {number}")
    configmaps.write("kubectl", {"checkpoint": "edited"})

    with pytest.raises(EditedError) as caught:
        store.save("mine")

    assert str(caught.value) == "Somebody else wrote ConfigMap ns/one-configmap"
    assert configmaps.object["data"] == {"checkpoint": "edited"}
    assert store.load() == "edited"
    store.save("from there")
    assert configmaps.object["data"] == {"checkpoint": "from there"}


def test_an_edit_between_load_of_none_and_first_save_is_noticed(store, configmaps):
    store.load()
    configmaps.write("kubectl", {"checkpoint": "seeded"})

    with pytest.raises(EditedError):
        store.save("mine")


def test_one_deleted_while_running_is_made_anew(store, configmaps):
    store.save("first")
    configmaps.delete()
    store.save("second")

    assert configmaps.object["data"] == {"checkpoint": "second"}
    assert configmaps.object["metadata"]["ownerReferences"] == [OWNER]


def test_what_is_not_allowed_is_said(store, configmaps):
    configmaps.refusal = (403, b'{"message":"configmaps is forbidden"}')

    with pytest.raises(StoreError) as reading:
        store.load()
    with pytest.raises(StoreError) as writing:
        store.save("x")

    assert [str(reading.value), str(writing.value)] == [
        f"ConfigMap ns/one-configmap cannot be {done}: "
        f"the API server answered 403 (configmaps is forbidden)."
        for done in ("read", "written")
    ]


def test_an_answer_that_is_no_json_is_a_store_error(store, server, configmaps):
    configmaps.refusal = (502, b"<html>bad gateway</html>")

    with pytest.raises(StoreError) as caught:
        store.load()

    assert str(caught.value) == (
        f"ConfigMap ns/one-configmap: the API server at {server.url} cannot be reached: "
        "JSONDecodeError."
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{}", id="an empty object"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"kind":"Status","status":"Success"}', id="a status"),
        pytest.param(b'{"metadata":null}', id="no metadata"),
        pytest.param(b'{"metadata":{"resourceVersion":"1"},"data":null}', id="no data"),
        pytest.param(b'{"metadata":{"resourceVersion":"1"},"data":"x"}', id="text for data"),
        pytest.param(b'{"metadata":{"ownerReferences":[1]},"data":{}}', id="odd owners"),
        pytest.param(b'{"metadata":{},"data":{}}', id="no version"),
    ],
)
def test_an_answer_that_is_no_configmap_is_a_store_error(store, configmaps, body):
    configmaps.write("kubectl", {"checkpoint": "seeded"})
    configmaps.refusal = (200, body)

    with pytest.raises(StoreError) as caught:
        store.load()

    configmaps.refusal = None
    assert str(caught.value) == (
        "ConfigMap ns/one-configmap cannot be read: the API server, or a proxy before it, answered "
        "with something else."
    )
    assert store.load() == "seeded"


def test_an_api_server_that_is_down_is_a_store_error(store, server):
    server.close()

    for use in (store.load, lambda: store.save("x")):
        with pytest.raises(StoreError) as caught:
            use()
        assert str(caught.value) == (
            f"ConfigMap ns/one-configmap: the API server at {server.url} cannot be reached: "
            "[Errno 111] Connection refused."
        )


def test_the_token_is_read_for_each_call(make_store, server):
    tokens = iter(["one", "two"])
    store = make_store(token=lambda: next(tokens))
    store.load()
    store.save("x")

    assert [
        request.split(b"Authorization: ")[1].split(b"\r")[0] for request in server.requests
    ] == [b"Bearer one", b"Bearer two"]


def test_a_token_that_cannot_be_read_is_a_store_error(make_store, server, tmp_path):
    store = make_store(token=(tmp_path / "token").read_text)

    with pytest.raises(StoreError) as caught:
        store.load()

    assert str(caught.value) == (
        f"ConfigMap ns/one-configmap: the API server at {server.url} cannot be reached: "
        f"[Errno 2] No such file or directory: '{tmp_path}/token'."
    )


def test_a_label_of_another_hand_is_no_edit_of_the_checkpoint(store, configmaps):
    configmaps.write("kubectl", {"checkpoint": "theirs"})
    store.load()
    # The same data in a new version of the object.
    configmaps.write("kubectl", {"checkpoint": "theirs"})

    store.save("ours")

    assert configmaps.object["data"] == {"checkpoint": "ours"}


def test_an_owner_that_is_the_source_already_is_left_as_it_is(store, configmaps):
    # As the Go project wrote it; some clusters let only who may delete an object change this.
    owner = OWNER | {"controller": True, "blockOwnerDeletion": True}
    configmaps.write("go", {"checkpoint": "theirs"}, owners=[owner])
    store.load()

    store.save("ours")

    assert configmaps.object["metadata"]["ownerReferences"] == [owner]
