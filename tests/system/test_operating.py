"""What whoever operates an adapter sees of it, from outside."""

import json
import re
import signal

import pytest


def delivered(adapter):
    """The ids of the events that the log says were delivered."""
    return re.findall(r"Event (\d+) \(\w+\) was delivered\.", adapter.stderr)


def test_the_log_is_json_with_what_identifies_an_event(lab, vcenter):
    lab.sink.script = lambda arrival: 400 if arrival.id.endswith("2") else 202
    adapter = lab.start(vcenter.url, LOG_FORMAT="json").until_ready()
    ids = vcenter.happen(12)
    lab.eventually(lambda: len(lab.sink.arrived) == len(ids))
    assert adapter.terminate() == 0

    lines = [json.loads(line) for line in adapter.stderr.splitlines()]
    told = [line for line in lines if "event_id" in line]
    refused = {line["event_id"]: line["code"] for line in told if line["level"] == "error"}
    assert all({"time", "level", "message"} <= line.keys() for line in lines)
    assert {line["event_id"] for line in told} == set(ids)
    assert refused == {key: 400 for key in ids if key.endswith("2")}


def test_a_signal_changes_the_level_without_a_restart(lab, vcenter):
    adapter = lab.start(vcenter.url, LOG_LEVEL="info").until_ready()

    def happen():
        """Let events happen and arrive."""
        ids = vcenter.happen(4)
        lab.eventually(lambda: set(ids) <= set(lab.sink.taken.ids))
        return ids

    happen()
    adapter.send(signal.SIGUSR1)
    followed = happen()
    lab.eventually(lambda: len(delivered(adapter)) == len(followed))
    adapter.send(signal.SIGUSR2)
    happen()

    assert adapter.terminate() == 0
    assert sorted(delivered(adapter)) == followed


@pytest.fixture
def samples():
    """Read what Prometheus would."""

    def samples(adapter):
        lines = adapter.get("/metrics").text.splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if line.startswith("vsphere_source_"))
        return {name.removeprefix("vsphere_source_"): float(value) for name, value in pairs}

    return samples


def test_metrics_tell_what_has_happened(lab, vcenter, samples):
    adapter = lab.start(vcenter.url).until_ready()
    ids = vcenter.happen(20)
    lab.eventually(
        lambda: samples(adapter)['events_settled_total{outcome="delivered"}'] == len(ids)
    )
    lab.eventually(lambda: samples(adapter)["checkpoint_age_seconds"] < 60)

    told = samples(adapter)
    assert told["streaming"] == told["sessions"] == 1
    assert told['logins_total{result="success"}'] == 1
    assert told["events_read_total"] == len(ids)
    assert told["events_unsettled"] == told["events_in_flight"] == told["lag_seconds"] == 0
    assert told["send_duration_seconds_count"] == told["delivery_latency_seconds_count"] == len(ids)
    assert told["gaps_total"] == told["stalls_total"] == told["reconnects_total"] == 0
    assert sum(value for name, value in told.items() if name.startswith("watching")) == 1


def test_a_sink_that_takes_nothing_shows_as_lag(lab, vcenter, samples):
    lab.sink.script = lambda _arrival: 503
    adapter = lab.start(vcenter.url).until_ready()
    vcenter.happen(3)
    lab.eventually(lambda: samples(adapter)["lag_seconds"] >= 0.5)

    assert samples(adapter)["send_failures_total"] >= 3
    assert adapter.get("/healthz").status == 200
