"""A source whose sink is out of order, and the sink for what that does not take."""

import pytest

from tests.e2e.system.sources.troubles import BROKER, HAPPY, NO_ADAPTER, NOT_REPORTED

INGRESS = "broker-ingress.knative-eventing.svc.cluster.local"
STREAMING = ("True", "Streaming", "Reading the events of VCENTER.")
NOT_FOUND = (
    "False",
    "SinkNotFound",
    (
        "spec.delivery.deadLetterSink.ref: there is no Broker NAMESPACE/dead. "
        "Create it, or correct the reference."
    ),
)


@pytest.fixture(scope="module")
def lab(make_lab, names):
    """A source that tries everything twice, in vain; its dead-letter sink is still to come."""
    lab = make_lab()
    names[INGRESS] = lab.sink.url
    lab.sink.statuses[lab.path("busy")] = 503
    delivery = {
        "retry": 1,
        "backoffDelay": "PT0.05S",
        "deadLetterSink": {"ref": {**BROKER, "name": "dead"}, "uri": lab.path("dead")},
    }
    lab.apply(lab.source("busy", delivery=delivery))
    return lab


def until_dead(lab, vcenter):
    """Wait until an event that happens now has come to the dead-letter sink."""
    [event] = vcenter.happen()
    lab.eventually(lambda: event in lab.arrived("dead"))
    return event


def test_a_dead_letter_sink_is_waited_for(lab):
    lab.until(
        "busy",
        Ready=NOT_FOUND,
        SinkProvided=HAPPY,
        DeadLetterSinkResolved=NOT_FOUND,
        AdapterReady=NO_ADAPTER,
        StreamReady=NOT_REPORTED,
    )
    assert lab.deployment("busy") is None


def test_what_the_sink_does_not_take_goes_to_the_dead_letter_sink(lab, vcenter):
    lab.addressable(BROKER, "dead", address={"url": f"http://{INGRESS}/broker"})
    lab.until_streaming("busy")

    event = until_dead(lab, vcenter)

    assert lab.arrived("busy").count(event) == 2
    assert lab.arrived("dead").count(event) == 1
    assert lab.status("busy")["deadLetterSinkUri"] == f"http://{INGRESS}{lab.path('dead')}"
    lab.eventually(lambda: lab.checkpoint("busy")["lastEventKey"] == int(event))
    lab.eventually(lambda: lab.status("busy")["adapter"].get("deadLetteredEvents") == 1)


def test_a_dead_letter_sink_that_goes_leaves_the_adapter_alone(lab, vcenter):
    before = lab.deployment("busy")

    lab.kubectl("delete", "brokers.eventing.knative.dev", "dead")

    lab.until("busy", Ready=NOT_FOUND, DeadLetterSinkResolved=NOT_FOUND, StreamReady=STREAMING)
    after = lab.deployment("busy")
    assert (after["metadata"]["uid"], after["spec"]) == (before["metadata"]["uid"], before["spec"])
    until_dead(lab, vcenter)
