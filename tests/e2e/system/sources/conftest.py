"""A vCenter, a sink, and namespaces in which to try sources of the one and the other."""

import collections
import dataclasses
import datetime as dt
import itertools
import json
import re

import pytest

from standalone.kubelet import Kubelet
from standalone.server import Response, Server
from standalone.simulator import Simulator, certificate, events, inventory

MACHINES = inventory.build()
USER, PASSWORD = "events@vsphere.local", "change-me"
GROUP = "/apis/sources.tanzu.vmware.com/v1alpha1"


class VCenter(Simulator):
    """A vCenter in which happens what a test says."""

    def happen(self, count=1, *, ago=0.0):
        """Power on so many machines, *ago* seconds in the past, and return the events' ids."""
        created = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=ago)
        made = (events.power_on(MACHINES[number % 4], created) for number in range(count))
        return [str(key) for key in self.history.extend(made)]


class Sink:
    """Takes everything, with and without TLS, and keeps the ids of what came to each path.

    *statuses* has what it answers for the paths for which it does not.
    """

    def __init__(self):
        self.ids = collections.defaultdict(list)
        self.statuses = {}
        self.certificate, tls = certificate.self_signed(dt.datetime.now(dt.UTC))
        self._servers = [Server(self._respond, port=0, tls=context) for context in (None, tls)]
        plain, secure = (server.port for server in self._servers)
        self.url, self.secure_url = f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{secure}"

    def close(self):
        for server in self._servers:
            server.close()

    def _respond(self, request):
        self.ids[request.path].append(request.headers["ce-id"])
        return Response(status=self.statuses.get(request.path, 202))


@pytest.fixture(scope="session")
def vcenter(names):
    with VCenter(credentials=(USER, PASSWORD)) as running:
        names["vcenter.default.svc.cluster.local"] = running.url
        yield running


@pytest.fixture(scope="session")
def sink(names):
    running = Sink()
    names["event-display.default.svc.cluster.local"] = running.url
    yield running
    running.close()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lab:
    """One namespace, and what a test does in it."""

    cluster: object
    programs: list
    kubelet: Kubelet
    vcenter: VCenter
    sink: Sink
    namespace: str

    def source(self, name="vcenter", **spec):
        """A source of our vCenter, with a sink of its own."""
        return {
            "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
            "kind": "VSphereSource",
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": {
                "address": self.vcenter.url,
                "skipTLSVerify": True,
                "secretRef": {"name": "credentials"},
                "checkpointConfig": {"periodSeconds": 1},
                "sink": {"uri": f"{self.sink.url}{self.path(name)}"},
                **spec,
            },
        }

    def secret(self, name="credentials", **changes):
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": self.namespace},
            "type": "Opaque",
            "stringData": {"username": USER, "password": PASSWORD, **changes},
        }

    def addressable(self, kind, name, **status):
        """An object that may have an address, with what its controller reports of it."""
        group, _, _ = kind["apiVersion"].partition("/")
        resource = f"{kind['kind'].lower()}s.{group}"
        self.apply({**kind, "metadata": {"name": name, "namespace": self.namespace}})
        self.kubectl(
            "patch", resource, name, "--subresource=status", "--type=merge",
            "--patch", json.dumps({"status": status}),
        )  # fmt: skip

    def path(self, name="vcenter"):
        return f"/{self.namespace}/{name}"

    def apply(self, *objects):
        self.cluster.apply(*objects)

    def kubectl(self, *arguments, objects=()):
        return self.cluster.kubectl("--namespace", self.namespace, *arguments, objects=objects)

    def url(self, resource, name, *, group="/api/v1"):
        return f"{group}/namespaces/{self.namespace}/{resource}/{name}"

    def read(self, resource, name, *, group="/api/v1"):
        """An object of the namespace, None if it is not there."""
        return self.cluster.get(self.url(resource, name, group=group))

    def deployment(self, name="vcenter"):
        return self.read("deployments", f"{name}-adapter", group="/apis/apps/v1")

    def read_source(self, name="vcenter"):
        return self.read("vspheresources", name, group=GROUP)

    def status(self, name="vcenter"):
        return self.read_source(name).get("status", {})

    def conditions(self, name="vcenter"):
        """Type -> status, reason, message; what is different in each run has a name."""
        return {
            item["type"]: (
                item["status"],
                *(self._general(item[part]) for part in ("reason", "message") if part in item),
            )
            for item in self.status(name).get("conditions", [])
        }

    def _general(self, text):
        text = text.replace(self.vcenter.url, "VCENTER").replace(self.sink.url, "SINK")
        text = text.replace(self.namespace, "NAMESPACE")
        text = re.sub(r"SHA-256 [0-9A-F]{64}", "SHA-256 FINGERPRINT", text)
        text = re.sub(r'pods "([a-z-]+)-adapter-[a-z0-9]+-"', r'pods "\1-adapter-HASH-"', text)
        # A pod of this machine has its own root folder.
        return re.sub(rf"{self.kubelet.folder}/[0-9a-f-]{{36}}", "", text)

    def pods(self, name="vcenter"):
        selector = f"vspheresources.sources.tanzu.vmware.com/name={name}"
        path = f"/api/v1/namespaces/{self.namespace}/pods?labelSelector={selector}"
        return self.cluster.get(path)["items"]

    def until(self, name="vcenter", **expected):
        """Wait until these conditions are just so."""

        def reached():
            found = self.conditions(name)
            return {kind: found.get(kind) for kind in expected} == expected

        try:
            self.eventually(reached)
        except AssertionError:
            assert self.conditions(name) == expected
        return self

    def until_streaming(self, name="vcenter"):
        self.eventually(lambda: self.conditions(name).get("Ready") == ("True",))
        return self

    def checkpoint(self, name="vcenter"):
        found = self.read("configmaps", f"{name}-configmap")
        return found and json.loads(found["data"]["checkpoint"])

    def arrived(self, name="vcenter"):
        return self.sink.ids[self.path(name)]

    def eventually(self, condition, **options):
        """Wait until *condition* returns something true, as long as the system runs."""

        def holds():
            assert all(program.poll() is None for program in self.programs)
            return condition()

        return self.cluster.eventually(holds, **options)


@pytest.fixture(scope="session")
def lab_in(cluster, programs, kubelet, vcenter, sink):
    """Make a lab in a namespace that is there."""
    peers = {"programs": programs, "kubelet": kubelet, "vcenter": vcenter, "sink": sink}
    return lambda namespace: Lab(cluster=cluster, namespace=namespace, **peers)


NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def make_lab(cluster, lab_in):
    """Make labs, each in a new namespace, with the credentials already there."""
    made = []

    def make():
        name = f"lab-{next(NUMBERS)}"
        # As strict as a namespace can be.
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        cluster.apply(
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": name, "labels": labels},
            }
        )
        made.append(lab_in(name))
        made[-1].apply(made[-1].secret())
        return made[-1]

    yield make
    for lab in made:
        cluster.kubectl("delete", "namespace", lab.namespace, "--wait=false", "--ignore-not-found")


@pytest.fixture
def lab(make_lab):
    return make_lab()
