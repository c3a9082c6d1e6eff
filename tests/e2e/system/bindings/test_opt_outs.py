"""Workloads and namespaces that want nothing to do with bindings, or have to ask for them."""

import pytest

pytestmark = pytest.mark.metacontroller

LABEL = "bindings.knative.dev/exclude"
OF_WORKLOAD = f'It has the label {LABEL}: "true". Remove that label.'
OF_NAMESPACE = f'Its namespace has the label {LABEL}: "true". Remove that label.'
INCLUDE = "bindings.knative.dev/include"
NOT_INCLUDED = f'Its namespace has no label {INCLUDE}: "true". Add that label.'
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


@pytest.fixture
def opt_in(cluster, manifests, programs, webhook):  # noqa: ARG001  what is changed
    """Have bindings take effect only where a namespace asks for it."""

    def apply(*what, objects=()):
        cluster.kubectl("apply", "--server-side", *what, objects=objects)
        for name in ("vsphere-hooks", "vsphere-webhook"):
            place = ("--namespace=vsphere-sources", "--timeout=60s")
            cluster.kubectl("rollout", "status", f"deployment/{name}", *place)

    apply("--kustomize", "tests/e2e/system/opt_in")
    yield
    apply("--filename", "-", objects=manifests.applied)


@pytest.mark.usefixtures("opt_in")
def test_with_opt_in_a_namespace_is_left_alone_until_it_asks_for_bindings(make_place):
    asking, place = make_place(**{INCLUDE: "true"}), make_place()
    first, item = (each.workload("Deployment") for each in (asking, place))
    plain, binding = place.plain(item), place.binding(item)
    asking.apply(asking.binding(first), first)
    place.apply(binding, item)
    assert asking.pod(first) == asking.bound(plain)
    place.until(lambda: place.status(binding), opted_out(item, NOT_INCLUDED))
    assert place.pod(item) == plain

    place.kubectl("label", "namespace", place.namespace, f"{INCLUDE}=true")

    place.until_bound(item, plain)
    place.until(lambda: place.status(binding), HAPPY)
