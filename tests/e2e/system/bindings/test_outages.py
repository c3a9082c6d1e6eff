"""What becomes of workloads while webhook or hooks are away: they are repaired, at a small cost."""

import contextlib
import dataclasses
import json
import time

import pytest

OUTAGE_SECONDS = 300
SLOT_SECONDS = 30
MOST_WRITES = 12

# Whichever test comes first waits for the outage.
pytestmark = [pytest.mark.metacontroller, pytest.mark.timeout(OUTAGE_SECONDS + 120)]

DECORATION = "sources.tanzu.vmware.com/vsphere-binding"
METACONTROLLER = "system:serviceaccount:metacontroller:metacontroller"
OTHER_ADDRESS = "https://other.example.com"
PENDING = (
    "Still to be bound. If that takes more than a minute, see whether Metacontroller runs, and the "
    "Deployments vsphere-hooks and vsphere-webhook in the namespace vsphere-sources. If they do, "
    "see whether another mutating webhook undoes the binding."
)
IMMUTABLE = "The template of a Job cannot change: delete the Job and create it again."
WEBHOOK_PODS = "app.kubernetes.io%2Fname%3Dvsphere-webhook"
WEBHOOK = ("deployment/vsphere-webhook", "--namespace=vsphere-sources")


@pytest.fixture(scope="module")
def without_webhook(cluster, webhook, kubelet):
    """Have nobody answer the API server; its pods go at once, as with their nodes."""

    @contextlib.contextmanager
    def away():
        # Pods of an earlier rollout answer the connections that the API server has kept.
        listed = "/api/v1/namespaces/vsphere-sources/pods?labelSelector=" + WEBHOOK_PODS
        cluster.eventually(lambda: len(cluster.get(listed)["items"]) == len(webhook.endpoints()))
        pods = [found.pod for found in webhook.endpoints()]
        cluster.kubectl("scale", *WEBHOOK, "--replicas=0")
        for pod in pods:
            kubelet.container(pod).kill()
        cluster.eventually(lambda: not webhook.endpoints())
        try:
            yield
        finally:
            cluster.kubectl("scale", *WEBHOOK, f"--replicas={len(pods)}")
            cluster.kubectl("rollout", "status", *WEBHOOK, "--timeout=60s")

    return away


def written(place, item):
    """How often Metacontroller has written *item*."""
    return place.writes(item).count((METACONTROLLER, "update"))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outage:
    """What was seen of workloads while the webhook was away."""

    plain: dict
    """The pod spec without us."""
    items: dict
    """What was done to each -> the workload."""
    bindings: dict
    pods: dict
    """As they were in the end of it."""
    statuses: dict
    counts: dict
    """How often each was written."""


@pytest.fixture(scope="module")
def outage(place, without_webhook):
    items = {what: place.workload("Deployment") for what in ("created", "changed", "replaced")}
    items |= {kind.lower(): place.workload(kind) for kind in ("Job", "Worker")}
    bindings = {what: place.binding(item) for what, item in items.items()}
    plain = place.plain(items["created"])
    for what in ("changed", "replaced"):
        place.apply(bindings[what], items[what])
        place.until(lambda what=what: place.status(bindings[what]).get("bound"), 1)

    with without_webhook():
        end = time.monotonic() + OUTAGE_SECONDS
        for what in ("created", "job", "worker"):
            place.apply(bindings[what], items[what])
        place.patch(bindings["changed"], {"spec": {"address": OTHER_ADDRESS}})
        place.kubectl("replace", "--filename=-", objects=[items["replaced"]])
        time.sleep(end - time.monotonic())
        counts = {what: written(place, item) for what, item in items.items()}
        pods = {what: place.pod(item) for what, item in items.items()}
        statuses = {what: place.status(binding) for what, binding in bindings.items()}
    return Outage(
        plain=plain, items=items, bindings=bindings, pods=pods, statuses=statuses, counts=counts
    )


def test_without_the_webhook_workloads_come_and_change_unbound(place, outage):
    assert outage.pods == {
        "created": outage.plain,
        "changed": place.bound(outage.plain),
        "replaced": outage.plain,
        "job": place.plain(outage.items["job"]),
        "worker": outage.items["worker"]["spec"]["template"]["spec"],
    }


@pytest.mark.parametrize(("what", "generation"), [("created", 1), ("changed", 2), ("replaced", 1)])
def test_the_binding_says_that_they_are_still_to_be_bound(outage, what, generation):
    name = outage.items[what]["metadata"]["name"]

    assert outage.statuses[what] == {
        "observedGeneration": generation,
        "unbound": [{"name": name, "reason": "NotYetBound", "message": PENDING}],
        "conditions": [
            {
                "type": "Ready",
                "status": "Unknown",
                "reason": "NotYetBound",
                "message": f"Deployment {name}: {PENDING}",
            }
        ],
    }


def test_of_a_job_it_says_that_it_has_to_be_created_again(outage):
    [missed] = outage.statuses["job"]["unbound"]

    assert (missed["reason"], missed["message"]) == ("Immutable", IMMUTABLE)
    assert outage.counts["job"] == 0


@pytest.mark.parametrize("what", ["created", "changed", "replaced"])
def test_they_are_tried_slot_by_slot(outage, what):
    # The annotation, and once more in the slot in which that was of no avail; then once in each.
    assert OUTAGE_SECONDS // SLOT_SECONDS <= outage.counts[what] <= MOST_WRITES


def last_answer(exchanges, item):
    """What the hooks have answered last about a workload: asked the same they answer the same."""
    for exchange in reversed(exchanges):
        if exchange.response and exchange.request.path.startswith("/workload/sync"):
            metadata = json.loads(exchange.request.body)["object"]["metadata"]
            if metadata["name"] == item["metadata"]["name"]:
                return json.loads(exchange.response.body)
    return None


def test_when_it_is_back_they_are_repaired_and_left_alone(place, outage, exchanges):
    expected = {
        "created": place.bound(outage.plain),
        "changed": place.bound(outage.plain, address=OTHER_ADDRESS),
        "replaced": place.bound(outage.plain),
    }
    for what, pod in expected.items():
        place.until(lambda what=what: place.pod(outage.items[what]), pod)
        place.until(lambda what=what: place.status(outage.bindings[what]).get("bound"), 1)
        # Nothing is left to write, and nothing to look after.
        decoration = place.read(outage.items[what])["metadata"]["annotations"][DECORATION]
        answer = {"annotations": {DECORATION: decoration}, "resyncAfterSeconds": 0}
        place.until(lambda what=what: last_answer(exchanges, outage.items[what]), answer)
        assert written(place, outage.items[what]) <= outage.counts[what] + 2


def test_what_has_no_status_of_its_own_is_repaired_when_its_annotation_is_removed(place, outage):
    """Metacontroller wrote it a status that it cannot read: docs/binding.md says so."""
    item = outage.items["worker"]
    plain = item["spec"]["template"]["spec"]
    assert (place.read(item)["status"], place.pod(item)) == (None, plain)

    place.kubectl("annotate", "worker", item["metadata"]["name"], f"{DECORATION}-")

    place.until_bound(item, plain)
    place.until(lambda: place.status(outage.bindings["worker"]).get("bound"), 1)


def test_hooks_that_are_killed_in_the_midst_of_a_rollout_lose_nothing(place, hooks, kubelet):
    items = [
        place.workload("Deployment", labels={"part": "rollout"}, replicas=0) for _ in range(20)
    ]
    selector = {"matchLabels": {"part": "rollout"}}
    binding = place.binding(items[0], "rollout", selector=selector)
    place.apply(binding, *items)
    place.until(lambda: place.status(binding).get("bound"), len(items))
    endpoints = hooks.endpoints()

    place.patch(binding, {"spec": {"address": OTHER_ADDRESS}})
    place.eventually(lambda: any(written(place, item) for item in items))
    for found in endpoints:
        kubelet.container(found.pod).kill()

    expected = place.bound(place.plain(items[0]), address=OTHER_ADDRESS)
    for item in items:
        place.until(lambda item=item: place.pod(item), expected)
    assert [place.read(item)["metadata"]["generation"] for item in items] == [2] * len(items)
    place.until(lambda: place.status(binding).get("bound"), len(items))
    place.eventually(lambda: len(hooks.endpoints()) == len(endpoints))
