"""The system as installed: Metacontroller, the hooks, and a node that runs adapters."""

import dataclasses
import json
import os
import pathlib
import re
import shutil
import sys
import threading

import pytest
import yaml

from standalone.kubelet import Api, Kubelet, Program

ROOT = pathlib.Path(__file__).parents[3]
HERE = pathlib.Path(__file__).parent
HOOKS = "http://vsphere-hooks.vsphere-sources"
ADAPTER = Program(
    command=(sys.executable, "-m", "adapter"),
    mounts={"/var/bindings/vsphere": "VC_SECRET_PATH"},
    ports={9090: "METRICS_PORT"},
)


@pytest.fixture(scope="session")
def metacontroller_program():
    """Metacontroller itself: this project neither has nor builds it."""
    found = shutil.which(os.environ.get("METACONTROLLER") or "metacontroller")
    if found is None:
        pytest.skip(
            "Metacontroller is missing: set METACONTROLLER to its binary, or put it on PATH."
        )
    return found


@dataclasses.dataclass(frozen=True, kw_only=True)
class Manifests:
    """What `kubectl apply -k metacontroller` sends, and what is sent here."""

    shipped: list
    applied: list

    def environment(self):
        """The variables of the hooks."""
        [pod] = [
            item["spec"]["template"]["spec"]
            for item in self.shipped
            if item["kind"] == "Deployment"
        ]
        return {item["name"]: item["value"] for item in pod["containers"][0]["env"]}


@pytest.fixture(scope="session")
def hooks_url(services):
    return f"http://127.0.0.1:{services.free_port()}"


@pytest.fixture(scope="session")
def manifests(cluster, hooks_url):
    """The shipped manifests, with the hooks where they are on this machine."""
    text = cluster.kubectl("kustomize", "metacontroller")
    return Manifests(
        shipped=list(yaml.safe_load_all(text)),
        applied=list(yaml.safe_load_all(text.replace(f"{HOOKS}/", f"{hooks_url}/"))),
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Installed:
    """The API server, as the ServiceAccounts of what was installed see it."""

    hooks: Api
    metacontroller: Api


@pytest.fixture(scope="session")
def installed(cluster, manifests):
    """Everything a user applies, by kubectl; Metacontroller has no rights but ours."""
    cluster.kubectl("apply", "--filename", HERE / "metacontroller.yaml")
    cluster.kubectl("apply", "--filename", HERE / "knative.yaml")
    cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
    cluster.kubectl("apply", "--server-side", "--filename", "-", objects=manifests.applied)
    cluster.kubectl("apply", "--server-side", "-k", "metacontroller/overlays/least-privilege")
    cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
    return Installed(
        hooks=cluster.as_service_account("vsphere-sources", "vsphere-hooks"),
        metacontroller=cluster.as_service_account("metacontroller", "metacontroller"),
    )


def command_of(target):
    """What the image *target* runs, from the Dockerfile."""
    text = (ROOT / "Dockerfile").read_text().partition(f"FROM runtime AS {target}\n")[2]
    return json.loads(re.search(r"CMD (\[.*?\])", text.replace("\\\n", ""), re.DOTALL)[1])


@pytest.fixture(scope="session")
def hooks(services, installed, manifests, hooks_url):
    """The hooks as their image runs them, as their ServiceAccount."""
    address = hooks_url.removeprefix("http://")
    program, *arguments = (
        argument.replace("0.0.0.0:8080", address) for argument in command_of("hooks")
    )
    with services.running(
        "hooks",
        [pathlib.Path(sys.executable).with_name(program), *arguments],
        KUBECONFIG=str(services.write("hooks.kubeconfig", installed.hooks.kubeconfig())),
        **manifests.environment(),
    ) as process:
        yield process


@pytest.fixture(scope="session")
def metacontroller(services, installed, metacontroller_program):
    """The real Metacontroller, as its ServiceAccount."""
    kubeconfig = installed.metacontroller.kubeconfig()
    command = [
        metacontroller_program,
        f"--kubeconfig={services.write('metacontroller.kubeconfig', kubeconfig)}",
        f"--metrics-address=127.0.0.1:{services.free_port()}",
        f"--health-probe-bind-address=127.0.0.1:{services.free_port()}",
        "--client-go-qps=100",
        "--client-go-burst=200",
        "--discovery-interval=2s",
    ]
    with services.running("metacontroller", command) as process:
        yield process


@pytest.fixture(scope="session")
def programs(metacontroller, hooks):
    """What has to run all the time."""
    return [metacontroller, hooks]


@pytest.fixture(scope="session")
def names():
    """Host names of Services -> where they lead here; who starts something adds it."""
    return {}


@pytest.fixture(scope="session")
def kubelet(cluster, services, manifests, names):
    """A node that runs the adapter's image; other images it does not know."""
    folder = services.folder / "pods"
    folder.mkdir()
    node = Kubelet(
        api=cluster.api,
        images={manifests.environment()["ADAPTER_IMAGE"]: ADAPTER},
        services=names,
        folder=folder,
    )
    stopped = threading.Event()
    thread = threading.Thread(target=node.run, args=(stopped,), name="kubelet")
    thread.start()
    yield node
    stopped.set()
    thread.join()
