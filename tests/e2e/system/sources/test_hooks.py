"""What becomes of sources while the hooks are away, replaced or killed: nothing is lost."""

import contextlib
import json
import time
import urllib.parse

import pytest

HOOKS = ("deployment/vsphere-hooks", "--namespace=vsphere-sources")
OWNED = "deployments,serviceaccounts,roles,rolebindings,configmaps,pods"
NAMES = ["north", "south", "west"]


def variable(workload, name):
    """A variable of a pod, or of a Deployment's template."""
    [container] = workload["spec"].get("template", workload)["spec"]["containers"]
    return {item["name"]: item.get("value") for item in container["env"]}[name]


@pytest.fixture(scope="module")
def replicas(manifests):
    return manifests.hooks(manifests.shipped, "Deployment")["spec"]["replicas"]


@pytest.fixture
def without_hooks(cluster, hooks, replicas):
    @contextlib.contextmanager
    def away():
        cluster.kubectl("scale", *HOOKS, "--replicas=0")
        cluster.eventually(lambda: not hooks.endpoints())
        try:
            yield
        finally:
            cluster.kubectl("scale", *HOOKS, f"--replicas={replicas}")
            cluster.kubectl("rollout", "status", *HOOKS, "--timeout=60s")

    return away


def test_without_hooks_nothing_is_deleted_and_changes_wait(lab, vcenter, without_hooks, exchanges):
    def uids():
        found = lab.kubectl("get", OWNED, "--output=jsonpath={.items[*].metadata.uid}")
        return set(found.split())

    lab.apply(lab.source())
    lab.until_streaming()
    there = uids()

    with without_hooks():
        lab.apply(lab.source(payloadEncoding="application/json"), lab.source("created"))
        lab.eventually(lambda: asked_in_vain(lab, exchanges) == {"vcenter", "created"})
        [event] = vcenter.happen()
        lab.eventually(lambda: event in lab.arrived())

        assert uids() == there

    lab.eventually(
        lambda: variable(lab.deployment(), "VSPHERE_PAYLOAD_ENCODING") == "application/json"
    )
    lab.until_streaming()
    lab.until_streaming("created")


def asked_in_vain(lab, exchanges):
    """The names of the sources for which hooks were called that were not there."""
    parents = [
        json.loads(item.request.body)["parent"]["metadata"]
        for item in exchanges
        if item.endpoint is None and item.request.path.startswith("/vspheresource/")
    ]
    return {parent["name"] for parent in parents if parent["namespace"] == lab.namespace}


@pytest.fixture(scope="module")
def sources(make_lab):
    lab = make_lab()
    lab.apply(*map(lab.source, NAMES))
    for name in NAMES:
        lab.until_streaming(name)
    return lab


@pytest.mark.parametrize("version", ["upgraded", "applied"])
def test_a_rollout_of_the_hooks_rolls_each_adapter_once(
    sources, hooks, manifests, exchanges, version
):
    """As docs/install.md says of upgrades; old and new hooks are behind one Service meanwhile."""
    wanted = getattr(manifests, version)
    revision = variable(manifests.hooks(wanted, "Deployment"), "HOOKS_REVISION")
    before, began = generations(sources), len(exchanges)
    old = {found.name for found in hooks.endpoints()}

    sources.cluster.kubectl("apply", "--server-side", "--filename", "-", objects=wanted)

    def replaced():
        # Each time the hooks are asked for all sources: the old ones, or the new ones.
        sources.kubectl("annotate", "vspheresources", "--all", f"now={time.time()}", "--overwrite")
        return old.isdisjoint(found.name for found in hooks.endpoints())

    sources.eventually(replaced)
    for name in NAMES:
        sources.eventually(lambda name=name: generations(sources)[name] > before[name])
        sources.until_streaming(name)

    sources.eventually(lambda: replica_sets(sources) == dict.fromkeys(NAMES, 2))
    assert generations(sources) == {name: number + 1 for name, number in before.items()}
    answers = [
        (asked_revision(item), variable(item.endpoint.pod, "HOOKS_REVISION"), item.response.status)
        for item in exchanges[began:]
    ]
    assert {(asked == own, code) for asked, own, code in answers} == {(True, 200), (False, 429)}
    # They answered side by side, not one after the other.
    turns = [own == revision for _, own, _ in answers]
    assert turns != sorted(turns)


def generations(lab):
    """How often each Deployment was changed."""
    return {name: lab.deployment(name)["metadata"]["generation"] for name in NAMES}


def replica_sets(lab):
    """How many different pods each Deployment has had."""
    found = lab.read("replicasets", "", group="/apis/apps/v1")["items"]
    owners = [item["metadata"]["ownerReferences"][0]["name"] for item in found]
    return {name: owners.count(f"{name}-adapter") for name in NAMES}


def asked_revision(exchange):
    query = urllib.parse.urlsplit(exchange.request.path).query
    [revision] = urllib.parse.parse_qs(query)["rev"]
    return revision


def test_hooks_that_are_killed_delay_new_sources_and_no_more(lab, hooks, kubelet, replicas):
    for names in ("first", "second"), ("third", "fourth"):
        lab.eventually(lambda: len(hooks.endpoints()) == replicas)
        lab.apply(*map(lab.source, names))
        for found in hooks.endpoints():
            kubelet.container(found.pod).kill()

    for name in ("first", "second", "third", "fourth"):
        lab.until_streaming(name)
    lab.eventually(lambda: len(hooks.endpoints()) == replicas)
    assert {kubelet.container(found.pod).exit_code for found in hooks.endpoints()} == {-9}
