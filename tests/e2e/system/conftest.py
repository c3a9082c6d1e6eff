"""The system as installed: Metacontroller, the hooks, and a node that runs adapters."""

import contextlib
import dataclasses
import json
import pathlib
import re
import sys
import threading

import pytest
import yaml

from release import kustomization, manifest
from standalone.kubelet import Api, Forwarder, Kubelet, Program, Tunnel

ROOT = pathlib.Path(__file__).parents[3]
HERE = pathlib.Path(__file__).parent
HOOKS_PORT, WEBHOOK_PORT = 18080, 18443
"""As the overlay says."""

NEXT_VERSION = "0.2.0"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Manifests:
    """All that ships, what of it is sent here, and the version after that.

    The next version is made as a release is, and differs in nothing but its name.
    """

    shipped: list
    applied: list
    upgraded: list

    @staticmethod
    def hooks(objects, kind, *, name="vsphere-hooks"):
        """The hooks' Deployment or Service, or the webhook's, of one of the three."""
        [found] = [
            item for item in objects if (item["kind"], item["metadata"]["name"]) == (kind, name)
        ]
        return found


@pytest.fixture(scope="session")
def hooks_url():
    """Where the Service of the hooks is."""
    return f"http://127.0.0.1:{HOOKS_PORT}"


@pytest.fixture(scope="session")
def manifests(cluster):
    """The shipped manifests, and the overlay that says where the hooks are on this machine."""
    shipped, applied = (
        list(yaml.safe_load_all(cluster.kubectl("kustomize", folder)))
        for folder in (HERE / "everything", HERE / "overlay")
    )
    images = manifest.image_names(
        kustomization.images(ROOT / "metacontroller"), registry="", version=NEXT_VERSION
    )
    upgraded = manifest.release(applied, images=images, version=NEXT_VERSION)
    return Manifests(shipped=shipped, applied=applied, upgraded=upgraded)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Installed:
    """The API server, as the ServiceAccounts of what was installed see it."""

    hooks: Api
    webhook: Api
    metacontroller: Api


@pytest.fixture(scope="session")
def installed(cluster, manifests):
    """Everything a user applies, by kubectl; Metacontroller has no rights but ours."""
    cluster.kubectl("apply", "--filename", HERE / "metacontroller.yaml")
    cluster.kubectl("apply", "--filename", HERE / "knative.yaml")
    cluster.kubectl("apply", "--filename", HERE / "subjects.yaml")
    cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
    cluster.kubectl("apply", "--server-side", "--filename", "-", objects=manifests.applied)
    cluster.kubectl("apply", "--server-side", "-k", "metacontroller/overlays/least-privilege")
    cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
    return Installed(
        hooks=cluster.as_service_account("vsphere-sources", "vsphere-hooks"),
        webhook=cluster.as_service_account("vsphere-sources", "vsphere-webhook"),
        metacontroller=cluster.as_service_account("metacontroller", "metacontroller"),
    )


@pytest.fixture(scope="session")
def exchanges():
    """All requests that came to the hooks, in order, and their answers."""
    return []


def await_rollout(cluster, name):
    """Wait until the pods of that Deployment are ready."""
    place = ("--namespace=vsphere-sources", "--timeout=60s")
    cluster.kubectl("rollout", "status", f"deployment/{name}", *place)


@pytest.fixture(scope="session")
def hooks(cluster, installed, kubelet, manifests, exchanges):  # noqa: ARG001  after the install
    """The pods of the shipped Deployment, behind the shipped Service."""
    forwarder = Forwarder(
        manifests.hooks(manifests.applied, "Service"),
        lambda: kubelet.endpoints,
        port=HOOKS_PORT,
        observed=exchanges.append,
    )
    with contextlib.closing(forwarder):
        await_rollout(cluster, "vsphere-hooks")
        yield forwarder


@pytest.fixture(scope="session")
def webhook(cluster, installed, kubelet, manifests):  # noqa: ARG001  after the install
    """The pods of its shipped Deployment, behind the shipped Service."""
    service = manifests.hooks(manifests.applied, "Service", name="vsphere-webhook")
    with contextlib.closing(
        Tunnel(service, lambda: kubelet.endpoints, port=WEBHOOK_PORT)
    ) as tunnel:
        await_rollout(cluster, "vsphere-webhook")
        yield tunnel


@pytest.fixture(scope="session")
def metacontroller(cluster, services, installed, run_metacontroller):  # noqa: ARG001  after it
    """Metacontroller, or what stands in for it."""
    with run_metacontroller(cluster, services) as process:
        yield process


@pytest.fixture(scope="session")
def programs(metacontroller, hooks):  # noqa: ARG001  the hooks' pods may be restarted
    """What has to run all the time."""
    return [metacontroller]


@pytest.fixture(scope="session")
def names():
    """Host names of Services -> where they lead here; who starts something adds it."""
    return {}


def command_of(target):
    """What the image *target* runs, from the Dockerfile."""
    text = (ROOT / "Dockerfile").read_text().partition(f"FROM runtime AS {target}\n")[2]
    program, *arguments = json.loads(
        re.search(r"CMD (\[.*?\])", text.replace("\\\n", ""), re.DOTALL)[1]
    )
    return str(pathlib.Path(sys.executable).with_name(program)), *arguments


def images_of(hooks):
    """The programs that stand for the two images of this version of the hooks."""
    [container] = hooks["spec"]["template"]["spec"]["containers"]
    [adapter] = [item["value"] for item in container["env"] if item["name"] == "ADAPTER_IMAGE"]
    return {
        container["image"]: Program(command=command_of("hooks"), ports={8443: "WEBHOOK_PORT"}),
        adapter: Program(
            command=command_of("adapter"),
            mounts={"/var/bindings/vsphere": "VC_SECRET_PATH"},
            ports={9090: "METRICS_PORT"},
        ),
    }


@pytest.fixture(scope="session")
def kubelet(cluster, services, manifests, names):
    """A node that runs our images, of this version and of the next; others it does not know."""
    folder = services.folder / "pods"
    folder.mkdir()
    versions = [
        manifests.hooks(objects, "Deployment")
        for objects in (manifests.applied, manifests.upgraded)
    ]
    node = Kubelet(
        api=cluster.api,
        images={name: it for version in versions for name, it in images_of(version).items()},
        services=names,
        folder=folder,
    )
    stopped = threading.Event()
    thread = threading.Thread(target=node.run, args=(stopped,), name="kubelet")
    thread.start()
    yield node
    stopped.set()
    thread.join()
