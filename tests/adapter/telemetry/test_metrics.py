"""What Prometheus gets."""

import math

import pytest
from prometheus_client.parser import text_string_to_metric_families

from adapter.telemetry.metrics import Metrics


class World:
    """Metrics with a clock that is set by hand, in seconds after noon."""

    def __init__(self, noon, measured):
        self.now, self.measured = 0.0, measured
        self.metrics = Metrics(now=lambda: noon.timestamp() + self.now)

    def value(self, name, **labels):
        return self.measured(self.metrics, name, **labels)


@pytest.fixture
def world(noon, measured):
    return World(noon, measured)


def test_what_can_be_counted_is_there_before_it_happens(world):
    """Or else the first would be no increase for Prometheus."""
    zeros = {
        (sample.name, *sample.labels.values())
        for family in text_string_to_metric_families(world.metrics.text())
        if family.type == "counter" and family.name.startswith("vsphere_source_")
        for sample in family.samples
        if sample.name.endswith("_total")
    }

    assert zeros == {
        ("vsphere_source_checkpoint_failures_total",),
        ("vsphere_source_dead_letter_failures_total",),
        ("vsphere_source_events_read_total",),
        ("vsphere_source_events_settled_total", "dead_lettered"),
        ("vsphere_source_events_settled_total", "delivered"),
        ("vsphere_source_events_settled_total", "given_up"),
        ("vsphere_source_events_settled_total", "refused"),
        ("vsphere_source_events_skipped_total",),
        ("vsphere_source_gaps_total",),
        ("vsphere_source_logins_total", "failure"),
        ("vsphere_source_logins_total", "success"),
        ("vsphere_source_reconnects_total",),
        ("vsphere_source_send_failures_total",),
        ("vsphere_source_stalls_total",),
    }


def test_the_lag_is_the_age_of_the_oldest_event_when_asked(world, noon):
    idle = world.value("lag_seconds")
    world.metrics.oldest = noon
    world.now = 7.5
    soon = world.value("lag_seconds")
    world.now = 90.0

    assert (idle, soon, world.value("lag_seconds")) == (0.0, 7.5, 90.0)


def test_the_age_of_the_checkpoint_is_unknown_until_there_is_one(world, noon):
    before = world.value("checkpoint_age_seconds")
    world.metrics.position = noon
    world.now = 12.0

    assert math.isnan(before)
    assert world.value("checkpoint_age_seconds") == 12.0


def test_a_vcenter_whose_clock_is_ahead_makes_no_negative_age(world, noon):
    world.metrics.oldest = world.metrics.position = noon
    world.now = -30.0

    assert world.value("lag_seconds") == world.value("checkpoint_age_seconds") == 0.0


def test_a_vcenter_whose_clock_is_ahead_makes_no_sum_go_down(world, noon):
    world.now = -3600.0
    world.metrics.delivered_after(noon, 0.02)

    assert world.value("delivery_latency_seconds_count") == 1.0
    assert world.value("delivery_latency_seconds_sum") == 0.0


def test_a_delivery_is_timed_from_its_send_and_from_its_event(world, noon):
    world.now = 3.0
    world.metrics.delivered_after(noon, 0.02)

    assert {
        name: world.value(name)
        for name in (
            "send_duration_seconds_count",
            "send_duration_seconds_sum",
            "delivery_latency_seconds_count",
            "delivery_latency_seconds_sum",
        )
    } == {
        "send_duration_seconds_count": 1.0,
        "send_duration_seconds_sum": 0.02,
        "delivery_latency_seconds_count": 1.0,
        "delivery_latency_seconds_sum": 3.0,
    }
    assert world.value("events_settled_total", outcome="delivered") == 1.0


@pytest.mark.parametrize(
    ("name", "seconds", "limits"),
    [
        pytest.param("send_duration", 0.004, ("0.0025", "0.005"), id="a fast sink"),
        pytest.param("send_duration", 29.0, ("10.0", "30.0"), id="a sink that nearly timed out"),
        pytest.param("delivery_latency", 0.15, ("0.1", "0.2"), id="the usual latency"),
        pytest.param("delivery_latency", 3000.0, ("900.0", "3600.0"), id="after an outage"),
    ],
)
def test_buckets_tell_apart_what_matters(world, noon, name, seconds, limits):
    world.now = seconds
    world.metrics.delivered_after(noon, seconds)

    counts = [world.value(f"{name}_seconds_bucket", le=limit) for limit in limits]
    assert counts == [0.0, 1.0]


def test_the_process_itself_is_measured_too(world, noon):
    families = text_string_to_metric_families(world.metrics.text())
    found = {f.name: f.samples[0].value for f in families if f.name.startswith("process_")}

    assert found.pop("process_start_time_seconds") == noon.timestamp()
    assert found.keys() == {
        "process_cpu_seconds",
        "process_max_fds",
        "process_open_fds",
        "process_resident_memory_bytes",
        "process_virtual_memory_bytes",
    }
    assert all(value > 0 for value in found.values())
    resident, virtual = (found[f"process_{kind}_memory_bytes"] for kind in ("resident", "virtual"))
    assert 1 << 20 < resident < virtual
