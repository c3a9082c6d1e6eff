"""The text is what Prometheus' own library writes, and reads."""

import threading

import prometheus_client
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from adapter.telemetry.instruments import Registry

LIMITS = (0.1, 2.5, 30.0)


@pytest.fixture
def registry():
    return Registry()


@pytest.fixture
def theirs():
    return prometheus_client.CollectorRegistry()


def written(theirs):
    """What Prometheus' library writes, without the times of creation."""
    text = prometheus_client.generate_latest(theirs).decode()
    return "".join(line for line in text.splitlines(keepends=True) if "_created" not in line)


def test_numbers_are_written_like_theirs(registry, theirs):
    counter = registry.counter("read", "Events read.")
    gauge = registry.gauge("flying", "Events being sent.")
    counter.inc()
    counter.inc(250)
    gauge.set(7)
    gauge.inc()
    gauge.dec()
    prometheus_client.Counter("read", "Events read.", registry=theirs).inc(251)
    prometheus_client.Gauge("flying", "Events being sent.", registry=theirs).set(7)

    assert registry.text() == written(theirs)


def test_labels_are_written_like_theirs(registry, theirs):
    for family in (
        registry.counters("sent", "Events sent.", "outcome"),
        prometheus_client.Counter("sent", "Events sent.", ["outcome"], registry=theirs),
    ):
        family.labels("refused")
        for _ in range(2):
            family.labels("delivered").inc()

    assert registry.text() == written(theirs)


def test_histograms_are_written_like_theirs(registry, theirs):
    for histogram in (
        registry.histogram("lag", "Seconds.", LIMITS),
        prometheus_client.Histogram("lag", "Seconds.", buckets=LIMITS, registry=theirs),
    ):
        for value in (0.0, 0.1, 0.11, 29.0, 31.0):
            histogram.observe(value)

    assert registry.text() == written(theirs)


def test_a_function_is_asked_each_time(registry):
    ages = iter([1.0, float("nan"), float("inf")])
    registry.gauge("age", "Seconds.").set_function(lambda: next(ages))

    read = [registry.text().splitlines()[-1] for _ in range(3)]

    assert read == ["age 1.0", "age nan", "age inf"]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Zs"])))
def test_any_value_of_a_label_is_read_back(value):
    registry = Registry()
    registry.gauges("mode", "Modes.", "mode").labels(value).set(1)

    [family] = text_string_to_metric_families(registry.text())

    assert family.samples[0].labels == {"mode": value}


def test_what_threads_count_at_once_is_all_counted(registry):
    counter = registry.counter("read", "Events read.")

    def count():
        for _ in range(10_000):
            counter.inc()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert registry.text().splitlines()[-1] == "read_total 40000.0"
