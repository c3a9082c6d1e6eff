"""Every kind that can be bound: bound, changed and unbound, each by one change of its template."""

import threading

import pytest

pytestmark = pytest.mark.metacontroller

DECORATION = "sources.tanzu.vmware.com/vsphere-binding"
ORIGINAL = "sources.tanzu.vmware.com/vsphere-binding-original"
OTHER_ADDRESS = "https://other.example.com"


@pytest.fixture(
    params=["Deployment", "StatefulSet", "DaemonSet", "Service", "Configuration", "Worker"]
)
def subject(request, place):
    """A workload, not created yet."""
    return place.workload(request.param)


@pytest.fixture
def by_label(place, subject):
    """A binding for all of its kind that have its label, not created yet."""
    selector = {"matchLabels": {"name": subject["metadata"]["name"]}}
    return place.binding(subject, selector=selector)


@pytest.fixture
def bound(place, subject, by_label):
    """Bind that workload, and return its pod spec from before."""
    plain = place.create(subject)["spec"]["template"]["spec"]
    place.create(by_label)
    place.until_bound(subject, plain)
    return plain


def generation(place, item):
    """How often the spec of *item* was written."""
    return place.read(item)["metadata"]["generation"]


def test_a_workload_that_is_there_is_bound_by_one_change(place, subject):
    plain = place.create(subject)["spec"]["template"]["spec"]

    place.create(place.binding(subject))

    place.until_bound(subject, plain)
    name = subject["metadata"]["name"]
    found = place.read(subject)
    assert found["metadata"]["generation"] == 2
    assert place.annotations(found) == {
        DECORATION: {
            "for": f"{subject['apiVersion']}/{subject['kind']}/{name}",
            "binding": name,
            "address": "https://vcenter.example.com",
            "skipTLSVerify": False,
            "secretName": "credentials",
        },
        ORIGINAL: {
            "address": "https://vcenter.example.com",
            "skipTLSVerify": False,
            "secretName": "credentials",
            "before": {},
        },
    }


def test_a_workload_that_comes_after_its_binding_is_created_bound(place, subject):
    place.create(place.binding(subject))

    created = place.create(subject)

    assert created["spec"]["template"]["spec"] == place.bound(place.plain(subject))
    assert place.annotations(created).keys() == {DECORATION, ORIGINAL}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(({"address": OTHER_ADDRESS}, {"address": OTHER_ADDRESS}), id="address"),
        pytest.param(({"secretRef": {"name": "others"}}, {"secret": "others"}), id="Secret"),
    ],
)
def test_a_change_of_the_binding_is_one_change_more(place, subject, by_label, bound, change):
    changes, expected = change

    place.patch(by_label, {"spec": changes})

    place.until_bound(subject, bound, **expected)
    assert generation(place, subject) == 3


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda place, _, binding: place.delete(binding), id="binding deleted"),
        pytest.param(
            lambda place, subject, _: place.patch(subject, {"metadata": {"labels": None}}),
            id="label removed",
        ),
        pytest.param(
            lambda place, _, binding: place.patch(
                binding, {"spec": {"subject": {"selector": None, "name": "another"}}}
            ),
            id="subject changed",
        ),
    ],
)
def test_when_nothing_binds_it_any_more_it_is_what_it_was(place, subject, by_label, bound, end):
    end(place, subject, by_label)

    place.until(lambda: place.pod(subject), bound)
    place.until(lambda: place.annotations(place.read(subject)), {})
    assert generation(place, subject) == 3


def test_a_status_that_changes_all_the_time_delays_that_and_no_more(place):
    """Metacontroller forgets a write that was refused because of it."""
    item = place.workload("Service")
    plain, stopped, count = place.create(item)["spec"]["template"]["spec"], threading.Event(), 0

    def report():
        nonlocal count
        while not stopped.is_set():
            count += 1
            place.patch(item, {"status": {"count": count}}, subresource="/status")

    reporter = threading.Thread(target=report)
    reporter.start()
    place.create(place.binding(item))
    place.eventually(lambda: place.conflicts(item))
    stopped.set()
    reporter.join()

    place.until_bound(item, plain)
