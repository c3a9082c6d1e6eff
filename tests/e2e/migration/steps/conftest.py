"""The page docs/migrate.md, and the cluster after each of its steps."""

import contextlib
import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import textwrap
import threading

import pytest
import yaml

from standalone.kubelet import Kubelet, Program

ROOT = pathlib.Path(__file__).parents[4]
NAMESPACES = {"power": "shop", "audit": "office"}
"""Source -> its namespace."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Page:
    """The commands of the page, by step (0 is "Before you begin") and order in it."""

    text: str
    environment: dict
    commands: dict = dataclasses.field(init=False)
    unused: set = dataclasses.field(init=False)

    def __post_init__(self):
        """Find the commands."""
        block = re.compile(r"^ *```sh\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
        commands = {
            (step, number): textwrap.dedent(command)
            for step, section in enumerate(self.text.split("\n## ")[1:])
            for number, command in enumerate(block.findall(section))
        }
        object.__setattr__(self, "commands", commands)
        object.__setattr__(self, "unused", set(commands))

    def run(self, step, number=0, **placeholders):
        """Run a block and return what it prints; raises `AssertionError` with its complaint."""
        self.unused.discard((step, number))
        command = self.commands[step, number]
        for name, value in placeholders.items():
            command = re.sub(rf"\b{name}\b", value, command)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def code(self, row):
        """What stands as code in the last column of a table's *row*."""
        [line] = [line for line in self.text.splitlines() if line.startswith(f"| {row} |")]
        return re.findall(r"`(.+?)`", line.split("|")[-2])


@pytest.fixture(scope="module")
def page(before, services):
    path = f"{before.cluster.programs}{os.pathsep}{os.environ['PATH']}"
    return Page(
        text=(ROOT / "docs/migrate.md").read_text(),
        environment={
            "PATH": path,
            "KUBECONFIG": str(before.cluster.kubeconfig),
            # Without one, kubectl keeps its cache in the current folder.
            "HOME": str(services.folder),
        },
    )


@pytest.fixture(scope="module")
def old(before):
    """Source -> what runs for it at the beginning, what it says, and where its adapter is."""
    return {
        name: {
            "adapter": before.adapter(name),
            "spec": before.source(name)["spec"],
            "configmap": before.configmap(name)["metadata"],
        }
        for name in NAMESPACES
    }


@pytest.fixture(scope="module")
def stopped(before, page, old):  # noqa: ARG001  looked at before anything is done
    """After step 1, with a controller that was down before."""
    with pytest.raises(AssertionError, match="failed calling webhook"):
        page.run(1, 0)
    page.run(1, 1)
    page.run(1, 0)
    page.run(1, 2)
    before.happen(ago=30)
    return before


@pytest.fixture(scope="module")
def prepared(stopped, page):
    """After step 2."""
    page.run(2)
    return stopped


@pytest.fixture(scope="module")
def installed(prepared, page, services, run_metacontroller):
    """After step 3, and half a minute."""
    page.run(3, 0)
    with _system(prepared.cluster, services, run_metacontroller):
        for name in NAMESPACES:
            prepared.cluster.eventually(
                lambda name=name: "NotCreated" in prepared.conditions(name)["AdapterReady"]
            )
        prepared.happen()
        yield prepared


@pytest.fixture(scope="module")
def changed(installed, page):
    """After step 4, and when all that happened has arrived."""
    for name, namespace in NAMESPACES.items():
        page.run(4, NAMESPACE=namespace, NAME=name)
    installed.happen()
    for name in NAMESPACES:
        installed.cluster.eventually(
            lambda name=name: installed.expected[-1] in installed.sink.ids[name]
        )
    return installed


@pytest.fixture(scope="module")
def cleaned(changed, page):
    """After step 5, in a cluster without Knative Eventing and HorizonSources."""
    for number in range(4):
        page.run(5, number)
    return changed


@contextlib.contextmanager
def _system(cluster, services, run_metacontroller):
    """Install as docs/install.md says; hooks and Metacontroller are processes, adapters pods."""
    hooks = f"127.0.0.1:{services.free_port()}"
    shipped = cluster.kubectl("kustomize", "metacontroller")
    local = shipped.replace("http://vsphere-hooks.vsphere-sources/", f"http://{hooks}/")
    manifests = list(yaml.safe_load_all(local))
    cluster.kubectl("apply", "--filename", ROOT / "tests/e2e/system/metacontroller.yaml")
    cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
    cluster.kubectl("apply", "--server-side", "--filename", "-", objects=manifests)
    cluster.kubectl("apply", "--server-side", "-k", "metacontroller/overlays/least-privilege")
    [container] = (
        container
        for manifest in manifests
        if manifest["kind"] == "Deployment"
        for container in manifest["spec"]["template"]["spec"]["containers"]
        if container["name"] == "hooks"
    )
    environment = {item["name"]: item["value"] for item in container["env"]}
    gunicorn = pathlib.Path(sys.executable).with_name("gunicorn")
    with (
        services.running(
            "hooks",
            [gunicorn, "hooks.wsgi:application()", f"--bind={hooks}", "--threads=8"],
            **environment,
        ),
        run_metacontroller(cluster, services),
        _node(cluster, services, image=environment["ADAPTER_IMAGE"]),
    ):
        yield


@contextlib.contextmanager
def _node(cluster, services, *, image):
    """A node that runs adapters of the *image*."""
    adapter = Program(
        command=(sys.executable, "-m", "adapter"),
        mounts={"/var/bindings/vsphere": "VC_SECRET_PATH"},
        ports={9090: "METRICS_PORT"},
    )
    folder = services.folder / "pods"
    folder.mkdir()
    kubelet = Kubelet(api=cluster.api, images={image: adapter}, services={}, folder=folder)
    stopped = threading.Event()
    thread = threading.Thread(target=kubelet.run, args=(stopped,))
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
