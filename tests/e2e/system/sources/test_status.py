"""What the adapter reports, and that it is not lost."""

import datetime as dt
import json

from standalone.simulator import events, inventory


def test_a_report_that_was_lost_comes_back(lab):
    """As when Metacontroller writes a status that it read before the report."""
    lab.apply(lab.source())
    reported = lab.until_streaming().status()["adapter"]
    nothing = json.dumps({"status": {"adapter": None}})

    lab.kubectl(
        "patch", "vspheresource", "vcenter", "--subresource=status", "--type=merge",
        "--patch", nothing,
    )  # fmt: skip

    lab.eventually(lambda: lab.status().get("adapter") == reported)
    lab.until_streaming()


def test_the_types_of_events_that_arrived_are_listed_for_knative(lab):
    [machine, *_] = inventory.build()
    lab.apply(lab.source())
    lab.until_streaming()
    at_first = lab.status()

    for make in (events.power_on, events.power_off, events.power_on):
        lab.vcenter.history.extend([make(machine, dt.datetime.now(dt.UTC))])
    types = [
        "com.vmware.vsphere.VmPoweredOffEvent.v0",
        "com.vmware.vsphere.VmPoweredOnEvent.v0",
    ]
    expected = [{"type": kind, "source": lab.vcenter.url} for kind in types]
    lab.eventually(lambda: lab.status().get("ceAttributes") == expected)

    assert "ceAttributes" not in at_first
    assert lab.status()["adapter"]["eventTypes"] == types
    assert len(lab.arrived()) == 3


def test_a_source_that_only_starts_is_never_called_not_ready(lab, exchanges):
    lab.apply(lab.source())
    lab.until_streaming()

    answers = [
        json.loads(exchange.response.body)["status"]["conditions"]
        for exchange in list(exchanges)
        if "/vspheresource/sync" in exchange.request.path and exchange.response is not None
        if json.loads(exchange.request.body)["parent"]["metadata"]["namespace"] == lab.namespace
    ]
    said = {(item["type"], item["status"]) for answer in answers for item in answer}

    assert ("AdapterReady", "Unknown") in said
    assert {kind for kind, status in said if status == "False"} == set()


def test_a_list_of_sources_tells_the_truth(lab):
    lab.apply(lab.source("good"), lab.source("bad", secretRef={"name": "missing"}))
    lab.until_streaming("good")
    lab.eventually(lambda: lab.conditions("bad").get("Ready", ())[1:2] == ("SecretMissing",))

    rows = lab.kubectl("get", "vspheresources", "--no-headers").splitlines()

    address, sink = lab.vcenter.url, f"{lab.sink.url}/{lab.namespace}"
    assert [row.split()[:-1] for row in rows] == [
        ["bad", address, f"{sink}/bad", "False", "SecretMissing"],
        ["good", address, f"{sink}/good", "True"],
    ]
