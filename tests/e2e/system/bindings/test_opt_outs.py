"""Workloads and namespaces that want nothing to do with bindings."""

import pytest

pytestmark = pytest.mark.metacontroller

LABEL = "bindings.knative.dev/exclude"
OF_WORKLOAD = f'It has the label {LABEL}: "true". Remove that label.'
OF_NAMESPACE = f'Its namespace has the label {LABEL}: "true". Remove that label.'
HAPPY = {
    "observedGeneration": 1,
    "bound": 1,
    "conditions": [{"type": "Ready", "status": "True"}],
}


def opted_out(item, message, *, generation=1):
    """The status of a binding for *item*."""
    name = item["metadata"]["name"]
    return {
        "observedGeneration": generation,
        "bound": 0,
        "unbound": [{"name": name, "reason": "OptedOut", "message": message}],
        "conditions": [
            {
                "type": "Ready",
                "status": "False",
                "reason": "OptedOut",
                "message": f"Deployment {name}: {message}",
            }
        ],
    }


def test_in_a_namespace_that_opted_out_nothing_is_bound_until_it_changes_its_mind(make_place):
    place = make_place(**{LABEL: "true"})
    item = place.workload("Deployment")
    plain, binding = place.plain(item), place.binding(item)
    place.apply(binding, item)
    place.until(lambda: place.status(binding), opted_out(item, OF_NAMESPACE))
    found = place.read(item)
    assert found["spec"]["template"]["spec"] == plain
    assert (found["metadata"]["generation"], place.annotations(found)) == (1, {})

    place.kubectl("label", "namespace", place.namespace, f"{LABEL}-")

    place.until_bound(item, plain)
    place.until(lambda: place.status(binding), HAPPY)


def test_when_a_namespace_opts_out_what_is_bound_there_stays_as_it_is(make_place):
    place = make_place()
    item = place.workload("Deployment")
    binding = place.binding(item)
    place.apply(binding, item)
    before = place.pod(item)
    assert before == place.bound(place.plain(item))

    place.kubectl("label", "namespace", place.namespace, f"{LABEL}=true")
    place.until(lambda: place.status(binding), opted_out(item, OF_NAMESPACE))
    place.patch(binding, {"spec": {"address": "https://other.example.com"}})

    place.until(lambda: place.status(binding), opted_out(item, OF_NAMESPACE, generation=2))
    assert place.pod(item) == before


def test_a_workload_that_opts_out_is_unbound_until_it_changes_its_mind(make_place):
    place = make_place()
    item = place.workload("Deployment")
    plain, binding = place.plain(item), place.binding(item)
    place.apply(binding, item)
    place.until(lambda: place.status(binding), HAPPY)

    place.patch(item, {"metadata": {"labels": {LABEL: "true"}}})
    place.until(lambda: place.pod(item), plain)
    place.until(lambda: place.status(binding), opted_out(item, OF_WORKLOAD))

    place.patch(item, {"metadata": {"labels": {LABEL: None}}})
    place.until_bound(item, plain)
    assert place.read(item)["metadata"]["generation"] == 3
