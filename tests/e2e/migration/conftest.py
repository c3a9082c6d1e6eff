"""A cluster as the Go project leaves it."""

import collections
import contextlib
import dataclasses
import datetime as dt
import json
import pathlib
import string
import sys
import threading

import pytest
import yaml

from standalone.cluster import Cluster, Services, control_plane
from standalone.kubelet import node
from standalone.kubelet.api import MERGE
from standalone.server import Response, Server
from standalone.simulator import Simulator, events, inventory

HERE = pathlib.Path(__file__).parent
USER, PASSWORD = "administrator@vsphere.local", "change-me"
NAMESPACES = {"power": "shop", "audit": "office"}
"""Source -> its namespace."""


class VCenter(Simulator):
    """A vCenter in which happens what a test says."""

    def happen(self, *, ago=0.0):
        """Power on a machine, *ago* seconds in the past, and return the event's key."""
        created = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=ago)
        return self.history.append(events.power_on(inventory.build()[0], created))


class Sink:
    """Takes everything, and keeps the ids of what came to each path, and the newest data."""

    def __init__(self):
        self.ids = collections.defaultdict(list)
        self.data = {}
        self._server = Server(self._respond, port=0, tls=None)
        self.url = f"http://127.0.0.1:{self._server.port}"
        self.close = self._server.close

    def _respond(self, request):
        name = request.path.removeprefix("/")
        self.ids[name].append(int(request.headers["ce-id"]))
        self.data[name] = request.body
        return Response(status=202)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Move:
    """The cluster on its way from the one project to the other."""

    cluster: Cluster
    vcenter: VCenter
    sink: Sink
    expected: list = dataclasses.field(default_factory=list)
    """The keys of what the new adapters are to deliver."""
    ended: dict = dataclasses.field(default_factory=dict)
    """Source -> its Deployment, and how many pods, at the moment when the old adapter ended."""

    def happen(self, *, ago=0.0):
        self.expected.append(self.vcenter.happen(ago=ago))

    def manifests(self, file, **values):
        """What stands in *file*, with the peers of this machine and *values*."""
        peers = {"vcenter": self.vcenter.url, "sink": self.sink.url}
        text = string.Template((HERE / file).read_text())
        filled = text.substitute(user=USER, password=PASSWORD, **peers, **values)
        return list(yaml.safe_load_all(filled))

    def get(self, group, resource, name):
        """Read an object of the namespace of the source that *name* begins with, if it is there."""
        namespace = NAMESPACES[name.partition("-")[0]]
        return self.cluster.get(f"/{group}/namespaces/{namespace}/{resource}/{name}")

    def source(self, name):
        return self.get("apis/sources.tanzu.vmware.com/v1alpha1", "vspheresources", name)

    def deployment(self, name):
        return self.get("apis/apps/v1", "deployments", f"{name}-adapter")

    def configmap(self, name):
        return self.get("api/v1", "configmaps", f"{name}-configmap")

    def pods(self, name):
        label = f"vspheresources.sources.tanzu.vmware.com/name={name}"
        path = f"/api/v1/namespaces/{NAMESPACES[name]}/pods?labelSelector={label}"
        return self.cluster.get(path)["items"]

    def adapter(self, name):
        """What runs for a source: its Deployment, without owner and status, and its pods."""
        deployment = self.deployment(name)
        kept = {key: deployment["metadata"][key] for key in ("uid", "labels", "generation")}
        return kept, deployment["spec"], [pod["metadata"]["uid"] for pod in self.pods(name)]

    def conditions(self, name):
        """Type -> status and reason."""
        return {
            item["type"]: (item["status"], item.get("reason", ""))
            for item in self.source(name)["status"]["conditions"]
        }


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    folder = tmp_path_factory.mktemp("migration")
    yield Services(folder=folder)
    # Shown by pytest when something failed.
    sys.stdout.write(f"The logs are in {folder}.\n")


@pytest.fixture(scope="module")
def before(services):
    """The Go project, its controller down."""

    def define(cluster):
        cluster.kubectl("apply", "--filename", HERE / "definitions.yaml")

    sink = Sink()
    with (
        contextlib.closing(sink),
        VCenter(credentials=(USER, PASSWORD)) as vcenter,
        control_plane(services, prepare=define) as cluster,
    ):
        move = Move(cluster=cluster, vcenter=vcenter, sink=sink)
        vcenter.happen(ago=90)
        move.happen(ago=65)
        # The last one that the old adapters sent.
        move.happen(ago=60)
        cluster.apply(*move.manifests("controller.yaml"))
        cluster.apply(*move.manifests("sources.yaml"))
        for name in NAMESPACES:
            _control(move, name)
        with _old_node(move):
            cluster.kubectl("apply", "--filename", HERE / "webhooks.yaml")
            yield move


def _control(move, name):
    """Make for a source what the Go controller makes, and write its status."""
    source = move.source(name)
    owner = {
        "apiVersion": source["apiVersion"],
        "kind": source["kind"],
        "name": name,
        "uid": source["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    children = move.manifests(
        "children.yaml",
        name=name,
        namespace=NAMESPACES[name],
        owner=json.dumps(owner),
        account=source["spec"].get("serviceAccountName", "default"),
        key=move.expected[-1],
        time=f"{dt.datetime.now(dt.UTC) - dt.timedelta(seconds=60):%FT%TZ}",
    )
    for child in children:
        # The auditors had brought a ConfigMap of their own.
        if name == "audit" and child["kind"] == "ConfigMap":
            del child["metadata"]["ownerReferences"]
    move.cluster.apply(*children)
    kinds = ("AuthReady", "AdapterReady", "Ready")
    conditions = [{"type": kind, "status": "True"} for kind in kinds]
    path = (
        f"/apis/{source['apiVersion']}/namespaces/{NAMESPACES[name]}/vspheresources/{name}/status"
    )
    move.cluster.api.call("PATCH", path, {"status": {"conditions": conditions}}, content_type=MERGE)


@contextlib.contextmanager
def _old_node(move):
    """A node that has the old adapters, and tells of each that is to end that it has ended."""
    api = move.cluster.api
    node.register(api, "old-node", dt.datetime.now(dt.UTC))
    pods = {}
    for name, namespace in NAMESPACES.items():
        [pod] = move.cluster.eventually(lambda name=name: move.pods(name))
        pod_name = {"name": pod["metadata"]["name"]}
        pods[name] = f"/api/v1/namespaces/{namespace}/pods/{pod_name['name']}"
        target = {"apiVersion": "v1", "kind": "Node", "name": "old-node"}
        api.call("POST", f"{pods[name]}/binding", {"metadata": pod_name, "target": target})
    stopped = threading.Event()

    def run():
        while not stopped.wait(0.2):
            for name, path in pods.items():
                pod = move.cluster.get(path)
                if pod and "deletionTimestamp" in pod["metadata"]:
                    move.ended[name] = move.deployment(name), len(move.pods(name))
                    api.call("DELETE", path, {"gracePeriodSeconds": 0})

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
