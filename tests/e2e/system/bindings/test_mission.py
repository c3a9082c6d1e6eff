"""The samples, applied: what is bound uses vCenter, and what it does there arrives as an event."""

import collections
import contextlib
import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from standalone.server import Response, Server
from tests.programs import program

pytestmark = pytest.mark.metacontroller

ROOT = Path(__file__).parents[4]
USER, PASSWORD = "operator", "sesame-of-the-lab"


@pytest.fixture(scope="module")
def vcsim(tmp_path_factory):
    """The URL of a vcsim that takes just these credentials."""
    command = [
        program("vcsim"),
        "-l",
        "127.0.0.1:0",
        "-tls=false",
        "-username",
        USER,
        "-password",
        PASSWORD,
    ]
    home = {"HOME": str(tmp_path_factory.mktemp("vcsim"))}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=home) as process:
        try:
            found = re.search(r"127\.0\.0\.1:\d+", process.stdout.readline())
            yield f"http://{found[0]}"
        finally:
            process.kill()


@pytest.fixture(scope="module")
def received(place, names):
    """The events that came to the Service event-display: type -> headers and data of each."""
    found = collections.defaultdict(list)

    def respond(request):
        found[request.headers["ce-type"]].append((request.headers, json.loads(request.body)))
        return Response(status=202)

    with contextlib.closing(Server(respond, port=0, tls=None)) as server:
        host = f"event-display.{place.namespace}.svc.cluster.local"
        names[host] = f"http://127.0.0.1:{server.port}"
        yield found


@pytest.fixture(scope="module")
def sample(place, vcsim, manifests):
    """Apply a sample, with what its comment asks to be put in."""
    hooks = manifests.hooks(manifests.applied, "Deployment")["spec"]["template"]["spec"]
    [image] = [
        item["value"] for item in hooks["containers"][0]["env"] if item["name"] == "ADAPTER_IMAGE"
    ]
    values = {
        "https://vcenter.example.com": vcsim,
        "administrator@vsphere.local": USER,
        "change-me": PASSWORD,
        "DC0/vm/test-01": "DC0/vm/DC0_H0_VM0",
        f"registry.example.com/team/{image}": image,
    }

    def apply(name):
        text = (ROOT / "samples" / name).read_text()
        for placeholder, value in values.items():
            text = text.replace(placeholder, value)
        objects = list(yaml.safe_load_all(text))
        place.apply(*objects)
        return {(item["kind"], item["metadata"]["name"]): item for item in objects}

    return apply


@pytest.fixture
def log(place, kubelet):
    """Read what the first pod with these labels has printed."""

    def log(labels):
        path = f"/api/v1/namespaces/{place.namespace}/pods?labelSelector={labels}"
        [pod, *_] = place.eventually(lambda: place.cluster.get(path)["items"])
        file = kubelet.folder / f"{place.namespace}-{pod['metadata']['name']}.log"
        return file.read_text() if file.exists() else ""

    return log


def conditions(place, item):
    return place.status(item).get("conditions", [])


def test_a_job_of_a_cron_job_powers_a_machine_off_and_the_event_of_it_arrives(
    place, sample, received, log
):
    objects = sample("binding-cronjob.yaml")
    source = objects["VSphereSource", "vcenter-events"]
    binding = objects["VSphereBinding", "night-off"]
    place.eventually(lambda: {"type": "Ready", "status": "True"} in conditions(place, source))

    place.kubectl("create", "job", "--from=cronjob/night-off", "night-off-now")

    place.kubectl("wait", "--for=condition=Complete", "job/night-off-now", "--timeout=60s")
    assert log("job-name=night-off-now") == "DC0/vm/DC0_H0_VM0 is off.\n"
    [event] = place.eventually(lambda: received["com.vmware.vsphere.VmPoweredOffEvent.v0"])
    headers, data = event
    assert headers["ce-source"] == f"{source['spec']['address']}/sdk"
    assert data["vm"]["name"] == "DC0_H0_VM0"
    assert place.status(binding) == {
        "observedGeneration": 1,
        "bound": 1,
        "conditions": [{"type": "Ready", "status": "True"}],
    }


def test_a_deployment_that_is_bound_reads_the_clock_of_the_vcenter(place, sample, log):
    sample("binding-deployment.yaml")

    place.kubectl("rollout", "status", "deployment/vcenter-clock", "--timeout=60s")

    place.eventually(lambda: re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", log("app=vcenter-clock")))


def test_all_with_a_label_are_bound_until_they_lose_it(place, sample):
    objects = sample("binding-selector.yaml")
    binding = objects["VSphereBinding", "vcenter-main"]
    daily, weekly = (objects["Deployment", f"{each}-report"] for each in ("daily", "weekly"))
    address = {"address": binding["spec"]["address"], "secret": "vcenter-credentials"}
    plain = {each["metadata"]["name"]: place.plain(each) for each in (daily, weekly)}
    for each in (daily, weekly):
        place.until_bound(each, plain[each["metadata"]["name"]], **address)
    place.until(lambda: place.status(binding).get("bound"), 2)

    place.kubectl("label", "deployment", "weekly-report", "vcenter-")

    place.until(lambda: place.pod(weekly), plain["weekly-report"])
    assert place.pod(daily) == place.bound(plain["daily-report"], **address)
    place.until(lambda: place.status(binding).get("bound"), 1)
