"""What an adapter tells its source, and what it does when the API server answers oddly."""

import datetime as dt
import json
import urllib.parse

import pytest

from standalone.simulator import events, inventory

MACHINES = inventory.build()


@pytest.fixture
def environment(vcenter, lab, api_server):
    """What the hooks set, as far as it has no default."""
    return {
        "NAMESPACE": "prod",
        "NAME": "lab",
        "SOURCE_UID": "0b7c5ad6-source",
        "VSPHERE_KVSTORE_CONFIGMAP": "lab-configmap",
        "K_SINK": lab.sink.url,
        "VC_URL": vcenter.url,
        "VC_INSECURE": "true",
        "VC_SECRET_PATH": str(lab.secret),
        **api_server.environment,
    }


@pytest.fixture
def happen(vcenter):
    """Let something happen now, to one machine."""
    return lambda make: vcenter.history.extend([make(MACHINES[0], dt.datetime.now(dt.UTC))])


def types_in(report):
    return report.get("eventTypes", [])


def arrived(lab):
    """Type and source of what the sink has taken, as a receiver decodes them."""
    return {
        tuple(urllib.parse.unquote(arrival.headers[name]) for name in ("ce-type", "ce-source"))
        for arrival in lab.sink.taken
    }


def test_types_of_events_are_reported_and_a_restart_goes_on_from_them(
    lab, api_server, environment, happen
):
    adapter = lab.launch(environment).until_ready()
    happen(events.power_on)
    lab.eventually(lambda: api_server.reports and types_in(api_server.reports[-1]))
    assert adapter.terminate() == 0
    before = len(api_server.reports)

    adapter = lab.launch(environment).until_ready()
    happen(events.power_off)
    lab.eventually(lambda: len(types_in(api_server.reports[-1])) > 1)
    assert adapter.terminate() == 0

    last = api_server.reports[-1]
    assert types_in(last) == [
        "com.vmware.vsphere.VmPoweredOffEvent.v0",
        "com.vmware.vsphere.VmPoweredOnEvent.v0",
    ]
    assert {(kind, last["eventSource"]) for kind in types_in(last)} == arrived(lab)
    # Not even for a moment is the list shorter.
    assert [report for report in api_server.reports[before:] if not types_in(report)] == []


def test_a_stop_reports_what_was_to_wait_for_a_quiet_moment(lab, api_server, environment, happen):
    adapter = lab.launch(environment).until_ready()
    happen(events.power_on)
    lab.eventually(lambda: api_server.reports and types_in(api_server.reports[-1]))
    happen(events.power_off)
    lab.eventually(lambda: len(lab.sink.taken) == 2)

    assert adapter.terminate() == 0
    assert len(types_in(api_server.reports[-1])) == 2


def test_odd_answers_of_a_proxy_in_between_are_survived(lab, api_server, environment, happen):
    api_server.odd = {api_server.path: {"data": None}, api_server.source: {"status": None}}
    adapter = lab.launch(environment).until_ready()
    happen(events.power_on)
    lab.eventually(lambda: lab.sink.taken and api_server.reports)

    assert adapter.terminate() == 0
    answered = "the API server, or a proxy before it, answered with something else."
    assert sorted(adapter.said) == [
        "ERROR CheckpointUnavailable: ConfigMap prod/lab-configmap cannot be read: " + answered,
        "INFO Reading begins at <time>.",
        f"INFO Streaming: Reading the events of {environment['VC_URL']}.",
        "WARNING The status of the source is not up to date: VSphereSource prod/lab: " + answered,
    ]


def test_a_fault_in_any_thread_ends_the_process_in_order(lab, api_server, environment, vcenter):
    """A new process is better than one in which nobody tells the source of anything."""
    odd = {"eventSource": vcenter.url, "eventTypes": 7}
    api_server.odd = {api_server.source: {"status": {"adapter": odd}}}
    adapter = lab.launch({**environment, "LOG_FORMAT": "json"})

    assert adapter.wait() == 1
    *_, last = map(json.loads, adapter.stderr.splitlines())
    exception = last.pop("exception")
    said = "'int' object is not iterable"
    assert (last["level"], last["message"]) == ("critical", f"The adapter ends: {said}")
    assert exception.endswith(f"TypeError: {said}")
    assert vcenter.counters.sessions_open == 0
