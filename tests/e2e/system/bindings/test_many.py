"""A hundred workloads by one selector."""

import pytest

pytestmark = pytest.mark.metacontroller

NUMBER = 100
METACONTROLLER = "system:serviceaccount:metacontroller:metacontroller"


def status(generation):
    return {
        "observedGeneration": generation,
        "bound": NUMBER,
        "conditions": [{"type": "Ready", "status": "True"}],
    }


def test_each_is_written_once_to_bind_and_once_to_change_it(place):
    items = [
        place.workload("Deployment", labels={"part": "many"}, replicas=0) for _ in range(NUMBER)
    ]
    binding = place.binding(items[0], "many", selector={"matchLabels": {"part": "many"}})
    plain = place.plain(items[0])
    place.apply(*items)

    place.create(binding)
    place.until(lambda: place.status(binding), status(1))
    place.patch(binding, {"spec": {"address": "https://other.example.com"}})
    place.until(lambda: place.status(binding), status(2))

    names = {item["metadata"]["name"] for item in items}
    written = [
        name
        for user, _, resource, name, code in place.cluster.writes()
        if (user, resource, code) == (METACONTROLLER, "deployments", 200)
    ]
    assert sorted(name for name in written if name in names) == sorted([*names, *names])
    expected = place.bound(plain, address="https://other.example.com")
    assert all(place.pod(item) == expected for item in items)
