"""Bindings that were stored while any manifest was taken, as under the Go project's definition."""

import copy

import pytest

pytestmark = pytest.mark.metacontroller

OTHER_ADDRESS = "https://other.example.com"
HAPPY = {"type": "Ready", "status": "True"}
NAME = "vspherebindings.sources.tanzu.vmware.com"
ANYTHING = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
INVALID = (
    "spec.address: is required. Correct it and apply the binding again: "
    "until then it binds nothing."
)


@pytest.fixture(scope="module")
def store(place, cluster, manifests):
    """Store a binding that the schema refuses."""
    [shipped] = [item for item in manifests.applied if item["metadata"]["name"] == NAME]
    opened = copy.deepcopy(shipped)
    opened["spec"]["versions"][0]["schema"] = ANYTHING

    def define(definition):
        cluster.kubectl("apply", "--server-side", "--filename", "-", objects=[definition])

    def takes(binding):
        try:
            place.kubectl("create", "--dry-run=server", "--filename", "-", objects=[binding])
        except AssertionError:
            return False
        return True

    def store(binding):
        define(opened)
        try:
            place.eventually(lambda: takes(binding))
            place.create(binding)
        finally:
            define(shipped)
        twin = {**binding, "metadata": {**binding["metadata"], "name": place.name()}}
        place.eventually(lambda: not takes(twin))

    return store


def test_one_that_cannot_be_read_says_so_and_binds_nothing_until_it_is_corrected(place, store):
    item, other = (place.workload("Deployment") for _ in range(2))
    plain = place.create(item)["spec"]["template"]["spec"]
    binding, good = place.binding(item), place.binding(other)
    broken = copy.deepcopy(binding)
    del broken["spec"]["address"]

    store(broken)
    place.apply(good, other)

    place.until(
        lambda: place.status(binding),
        {
            "observedGeneration": 1,
            "conditions": [HAPPY | {"status": "False", "reason": "Invalid", "message": INVALID}],
        },
    )
    place.until_bound(other, place.plain(other))
    place.until(lambda: place.status(good).get("conditions"), [HAPPY])
    assert place.pod(item) == plain

    place.patch(binding, {"spec": {"address": binding["spec"]["address"]}})

    place.until_bound(item, plain)
    place.until(
        lambda: place.status(binding), {"observedGeneration": 2, "bound": 1, "conditions": [HAPPY]}
    )


def test_one_with_an_empty_selector_keeps_binding_all_and_can_be_changed(place, store):
    items = [place.workload("StatefulSet", replicas=0) for _ in range(2)]
    binding, plain = place.binding(items[0], selector={}), place.plain(items[0])
    for item in items:
        place.create(item)

    store(binding)
    for item in items:
        place.until_bound(item, plain)

    place.patch(binding, {"spec": {"address": OTHER_ADDRESS}})

    for item in items:
        place.until_bound(item, plain, address=OTHER_ADDRESS)
    place.until(
        lambda: place.status(binding), {"observedGeneration": 2, "bound": 2, "conditions": [HAPPY]}
    )
