"""An API server and hooks, as much of them as the loop sees."""

import copy
import dataclasses
import json

import pytest

from standalone.controller.loop import Loop
from standalone.kubelet import ApiError
from standalone.server import Response, Server

SOURCES = "/apis/example.com/v1/sources"
ACCOUNTS = "/api/v1/serviceaccounts"
BROKERS = "/apis/example.com/v1/brokers"
KINDS = {
    "/apis/metacontroller.k8s.io/v1alpha1/compositecontrollers": "CompositeController",
    SOURCES: "Source",
    ACCOUNTS: "ServiceAccount",
    BROKERS: "Broker",
}


def within(path):
    """The path of a list -> that of its objects in the namespace `default`."""
    root, _, resource = path.rpartition("/")
    return f"{root}/namespaces/default/{resource}"


class FakeApi:
    """Stores objects by path, and keeps what is written."""

    def __init__(self):
        self.objects = {}
        self.writes = []
        self.refused = set()
        self._version = 0

    def put(self, path, item):
        """Store *item*, as a user does; returns what is stored."""
        self._version += 1
        old = self.objects.get(path, {"metadata": {"uid": f"u{self._version}"}})
        item = copy.deepcopy(item)
        item["metadata"].setdefault("generation", 1)
        item["metadata"]["uid"] = old["metadata"]["uid"]
        item["metadata"]["resourceVersion"] = str(self._version)
        self.objects[path] = item
        return item

    def get(self, path):
        path = path.partition("?")[0]
        here = [item for place, item in self.objects.items() if place.startswith(within(path))]
        group, _, _ = path.rpartition("/")
        api_version = group.removeprefix("/apis/").removeprefix("/api/")
        return {"apiVersion": api_version, "kind": f"{KINDS[path]}List", "items": here}

    def call(self, method, path, body, *, content_type="application/json"):  # noqa: ARG002  as Api
        path = path.partition("?")[0]
        self.writes.append((method, path.rpartition("/default/")[2]))
        if path in self.refused:
            raise ApiError("No.", status=403)
        if method == "DELETE":
            return self.objects.pop(path)
        return copy.deepcopy(self.put(path.removesuffix("/status"), body))


@dataclasses.dataclass(kw_only=True)
class World:
    """One source, its controller, the hooks, and the loop that serves them."""

    api: FakeApi
    loop: Loop
    answers: dict
    """Path -> what a hook answers: a whole response or the object of one, None for no answer."""
    asked: list
    now: float = 1000.0

    def turns(self, count=6):
        """Take turns, and return what the hooks were asked and what was written meanwhile."""
        self.asked.clear()
        self.api.writes.clear()
        for _ in range(count):
            self.loop.turn()
        return [path for path, _ in self.asked], list(self.api.writes)

    def store(self, kind, name, **fields):
        """Store an object of the namespace."""
        path = f"{within(kind)}/{name}"
        old = self.api.objects.get(path, {"metadata": {"name": name, "namespace": "default"}})
        return self.api.put(path, {**old, **fields})


@pytest.fixture
def world():
    answers, asked = {}, []

    def respond(request):
        asked.append((request.path, json.loads(request.body)))
        answer = answers[request.path]
        if answer is None or isinstance(answer, Response):
            return answer
        return Response(status=200, body=json.dumps(answer).encode())

    server = Server(respond, port=0, tls=None)
    url = f"http://127.0.0.1:{server.port}"
    hooks = {name: {"webhook": {"url": f"{url}/{name}?rev=1"}} for name in ("sync", "customize")}
    api = FakeApi()
    made = World(api=api, loop=None, answers=answers, asked=asked)
    made.loop = Loop(api=api, clock=lambda: made.now)
    spec = {
        "parentResource": {"apiVersion": "example.com/v1", "resource": "sources"},
        "childResources": [{"apiVersion": "v1", "resource": "serviceaccounts"}],
        "hooks": hooks,
    }
    [path] = [path for path, kind in KINDS.items() if kind == "CompositeController"]
    api.put(f"{within(path)}/sources", {"metadata": {"name": "sources"}, "spec": spec})
    yield made
    server.close()
