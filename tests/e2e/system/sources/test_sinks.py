"""Where events go: what is said while there is nowhere, and what becomes of it."""

import json
import pathlib
import time

import pytest

HERE = pathlib.Path(__file__).parent
BROKER = {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker"}
CHANNEL = {"apiVersion": "messaging.knative.dev/v1", "kind": "Channel"}
HAPPY = ("True",)
STREAMING = ("True", "Streaming", "Reading the events of VCENTER.")


def trouble(reason, message):
    return "False", reason, message


SINK_NOT_FOUND = trouble(
    "SinkNotFound",
    "spec.sink.ref: there is no Broker NAMESPACE/missing. Create it, or correct the reference.",
)
NOT_ADDRESSABLE = trouble(
    "SinkNotAddressable",
    "spec.sink.ref: Broker NAMESPACE/starting has no URL in its status.address yet.",
)
NOT_SERVED = trouble(
    "KindNotServed",
    "spec.sink.ref: this cluster serves no kind Channel in the API group "
    '"messaging.knative.dev". Install it, or correct apiVersion and kind.',
)
NOT_LOOKED_UP = trouble(
    "SinkNotLookedUp",
    "spec.sink.ref: Channel NAMESPACE/events will be looked up within 20 minutes, because its "
    "kind was not served before. Change the spec of the source to have it looked up now.",
)
NO_ADAPTER = ("Unknown", "NoAdapter", "The adapter starts once there is a sink.")
NOT_REPORTED = ("Unknown", "NotReported", "The adapter has not reported yet.")


@pytest.fixture(scope="module")
def lab(make_lab):
    """Sources whose sinks are not there yet."""
    lab = make_lab()
    lab.apply(
        {**BROKER, "metadata": {"name": "starting", "namespace": lab.namespace}},
        lab.source("no-sink", sink={"ref": {**BROKER, "name": "missing"}}),
        lab.source("not-addressable", sink={"ref": {**BROKER, "name": "starting"}}),
        lab.source("not-served", sink={"ref": {**CHANNEL, "name": "events"}}),
    )
    return lab


def set_address(lab, resource, name, url):
    """Report an address, as Knative's controllers do."""
    status = {"status": {"address": {"url": url}}}
    lab.kubectl(
        "patch", resource, name, "--subresource=status", "--type=merge",
        "--patch", json.dumps(status),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("no-sink", SINK_NOT_FOUND, id="sink not found"),
        pytest.param("not-addressable", NOT_ADDRESSABLE, id="sink not yet addressable"),
    ],
)
def test_without_a_sink_no_adapter_starts(lab, name, expected):
    lab.until(
        name,
        Ready=expected,
        SinkProvided=expected,
        AdapterReady=NO_ADAPTER,
        StreamReady=NOT_REPORTED,
    )
    assert lab.deployment(name) is None


def test_a_kind_that_is_not_served_is_named(lab):
    lab.until(
        "not-served",
        Ready=NOT_SERVED,
        SinkProvided=NOT_SERVED,
        AdapterReady=NO_ADAPTER,
        StreamReady=NOT_REPORTED,
    )
    # For the last test here: the hooks look twice a minute what kinds there are.
    lab.kubectl("apply", "--filename", HERE / "channels.yaml")


def test_an_address_that_appears_starts_the_adapter(lab):
    set_address(lab, "brokers.eventing.knative.dev", "starting", f"{lab.sink.url}/broker")

    lab.until_streaming("not-addressable")
    assert lab.status("not-addressable")["sinkUri"] == f"{lab.sink.url}/broker"


def test_a_sink_that_goes_away_leaves_the_adapter_alone(lab):
    gone = trouble(
        "SinkNotFound",
        "spec.sink.ref: there is no Broker NAMESPACE/starting. "
        "Create it, or correct the reference.",
    )
    before = lab.deployment("not-addressable")

    lab.kubectl("delete", "broker", "starting")

    lab.until(
        "not-addressable",
        Ready=gone,
        SinkProvided=gone,
        AdapterReady=HAPPY,
        StreamReady=STREAMING,
    )
    after = lab.deployment("not-addressable")
    assert (after["metadata"]["uid"], after["spec"]) == (before["metadata"]["uid"], before["spec"])


def test_a_kind_that_was_installed_later_is_found_with_the_next_change(lab):
    """Metacontroller keeps what it was told to look for, and the status says so."""
    lab.apply({**CHANNEL, "metadata": {"name": "events", "namespace": lab.namespace}})
    set_address(lab, "channels.messaging.knative.dev", "events", f"{lab.sink.url}/channel")

    def told():
        # Only not to wait a minute: whatever happens to a source calls the hook.
        lab.kubectl("annotate", "vspheresource", "not-served", f"now={time.time()}", "--overwrite")
        return lab.conditions("not-served")["Ready"] == NOT_LOOKED_UP

    lab.eventually(told)
    lab.until(
        "not-served",
        Ready=NOT_LOOKED_UP,
        SinkProvided=NOT_LOOKED_UP,
        AdapterReady=NO_ADAPTER,
        StreamReady=NOT_REPORTED,
    )

    lab.apply(lab.source("not-served", sink={"ref": {**CHANNEL, "name": "events"}, "uri": "/in"}))

    lab.until_streaming("not-served")
    assert lab.status("not-served")["sinkUri"] == f"{lab.sink.url}/in"
