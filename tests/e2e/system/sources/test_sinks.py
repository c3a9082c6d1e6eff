"""Where events go, and what becomes of it when that changes."""

import pathlib
import time

import pytest

from tests.e2e.system.sources.troubles import BROKER, HAPPY, in_sink

HERE = pathlib.Path(__file__).parent
SERVICE = {"apiVersion": "v1", "kind": "Service", "name": "display"}
KNATIVE_SERVICE = {"apiVersion": "serving.knative.dev/v1", "kind": "Service"}
OLD_BROKER = {**BROKER, "apiVersion": "eventing.knative.dev/v1beta1"}
CHANNEL = {"apiVersion": "messaging.knative.dev/v1", "kind": "Channel"}
INGRESS = "broker-ingress.knative-eventing.svc.cluster.local"

STREAMING = ("True", "Streaming", "Reading the events of VCENTER.")
NOT_SERVED = in_sink(
    "KindNotServed",
    "spec.sink.ref: this cluster serves no kind Channel in the API group "
    '"messaging.knative.dev". Install it, or correct apiVersion and kind.',
)
NOT_LOOKED_UP = in_sink(
    "SinkNotLookedUp",
    "spec.sink.ref: Channel NAMESPACE/events will be looked up within 20 minutes, because its "
    "kind was not served before. Change the spec of the source to have it looked up now.",
)

SINKS = {
    "uri": lambda lab, path, _: (
        {"uri": f"{lab.sink.url}{path}"},
        {"sinkUri": f"{lab.sink.url}{path}"},
    ),
    "uri-with-ca-certs": lambda lab, path, _: (
        {"uri": f"{lab.sink.secure_url}{path}", "CACerts": lab.sink.certificate},
        {"sinkUri": f"{lab.sink.secure_url}{path}", "sinkCACerts": lab.sink.certificate},
    ),
    "path-at-a-service": lambda lab, path, _: (
        {"ref": SERVICE, "uri": path},
        {"sinkUri": f"http://display.{lab.namespace}.svc.cluster.local{path}"},
    ),
    "service-of-another-namespace": lambda _, path, other: (
        {"ref": {**SERVICE, "namespace": other}, "uri": path},
        {"sinkUri": f"http://display.{other}.svc.cluster.local{path}"},
    ),
    "knative-service": lambda lab, path, _: (
        {"ref": {**KNATIVE_SERVICE, "name": "knative-service"}},
        {"sinkUri": f"http://display.{lab.namespace}.svc.cluster.local{path}"},
    ),
    "broker-in-an-unserved-version": lambda _, path, __: (
        {"ref": {**OLD_BROKER, "name": "default"}, "uri": path},
        {"sinkUri": f"http://{INGRESS}{path}"},
    ),
    "broker-of-another-namespace": lambda _, path, other: (
        {"ref": {**BROKER, "name": "default", "namespace": other}},
        {"sinkUri": f"http://{INGRESS}{path}"},
    ),
    "broker-with-tls": lambda lab, path, _: (
        {"ref": {**BROKER, "name": "broker-with-tls"}},
        {"sinkUri": f"{lab.sink.secure_url}{path}", "sinkCACerts": lab.sink.certificate},
    ),
}
"""Name of a source -> its sink, and what the status then says of it.

Each is of a lab, a path that is the source's own, and another namespace.
"""


def address(lab, name):
    """A URL of the sink, as a status has it."""
    return {"address": {"url": f"http://{INGRESS}{lab.path(name)}"}}


@pytest.fixture(scope="module")
def other(make_lab):
    """Another namespace."""
    return make_lab()


@pytest.fixture(scope="module")
def lab(make_lab, other, names):
    """Every kind of sink, with a source for each."""
    lab = make_lab()
    names[INGRESS] = lab.sink.url
    for place in (lab, other):
        names[f"display.{place.namespace}.svc.cluster.local"] = lab.sink.url
        metadata = {"name": "display", "namespace": place.namespace}
        place.apply(
            {"apiVersion": "v1", "kind": "Service", "metadata": metadata}
            | {"spec": {"ports": [{"port": 80}]}}
        )
    lab.addressable(
        KNATIVE_SERVICE,
        "knative-service",
        url=f"http://knative-service.{lab.namespace}.example.com",
        address={
            "url": f"http://display.{lab.namespace}.svc.cluster.local{lab.path('knative-service')}"
        },
    )
    secure = f"{lab.sink.secure_url}{lab.path('broker-with-tls')}"
    lab.addressable(
        BROKER,
        "broker-with-tls",
        addresses=[{"name": "https", "url": secure, "CACerts": lab.sink.certificate}],
        **address(lab, "without-tls"),
    )
    lab.addressable(BROKER, "default", **address(lab, "default"))
    other.addressable(BROKER, "default", **address(lab, "broker-of-another-namespace"))
    lab.addressable(BROKER, "moving", **address(lab, "moving"))
    lab.addressable(BROKER, "leaving", **address(lab, "leaving"))
    lab.addressable(BROKER, "spoiled", **address(lab, "spoiled"))
    lab.apply(
        *(
            lab.source(name, sink=make(lab, lab.path(name), other.namespace)[0])
            for name, make in SINKS.items()
        ),
        *(
            lab.source(name, sink={"ref": {**BROKER, "name": name}})
            for name in ("coming", "moving", "leaving", "spoiled")
        ),
        lab.source("not-served", sink={"ref": {**CHANNEL, "name": "events"}}),
    )
    return lab


def until_arriving(lab, name, vcenter):
    """Wait until an event that happens now has come to the path of *name*."""
    [event] = vcenter.happen()
    lab.eventually(lambda: event in lab.arrived(name))


def test_a_kind_that_is_not_served_is_named_and_harms_no_other_source(lab, vcenter):
    lab.until("not-served", **NOT_SERVED)
    lab.until_streaming("uri")
    until_arriving(lab, "uri", vcenter)
    # For the last test here: the hooks look twice a minute what kinds there are.
    lab.kubectl("apply", "--filename", HERE / "channels.yaml")


@pytest.mark.parametrize("name", SINKS)
def test_events_arrive(lab, other, vcenter, name):
    _, expected = SINKS[name](lab, lab.path(name), other.namespace)

    lab.until_streaming(name)
    until_arriving(lab, name, vcenter)

    status = lab.status(name)
    assert {key: status[key] for key in status if key.startswith("sink")} == expected


def test_a_sink_that_comes_starts_the_adapter(lab, vcenter):
    lab.eventually(lambda: lab.conditions("coming")["SinkProvided"][1:2] == ("SinkNotFound",))
    assert lab.deployment("coming") is None

    lab.addressable(BROKER, "coming", **address(lab, "coming"))

    lab.until_streaming("coming")
    until_arriving(lab, "coming", vcenter)


def targets(lab, name):
    """Where the pods of a source send to."""
    containers = [pod["spec"]["containers"][0] for pod in lab.pods(name)]
    return [item["value"] for one in containers for item in one["env"] if item["name"] == "K_SINK"]


def test_a_sink_that_moves_takes_the_adapter_along(lab, vcenter):
    lab.until_streaming("moving")
    moved = f"http://{INGRESS}{lab.path('moved')}"

    lab.addressable(BROKER, "moving", **address(lab, "moved"))

    lab.eventually(lambda: targets(lab, "moving") == [moved])
    until_arriving(lab, "moved", vcenter)
    assert lab.status("moving")["sinkUri"] == moved


def test_a_sink_that_goes_leaves_the_adapter_alone(lab, vcenter):
    gone = in_sink(
        "SinkNotFound",
        "spec.sink.ref: there is no Broker NAMESPACE/leaving. Create it, or correct the reference.",
    )
    lab.until_streaming("leaving")
    before = lab.deployment("leaving")

    lab.kubectl("delete", "brokers.eventing.knative.dev", "leaving")

    lab.until("leaving", **{**gone, "AdapterReady": HAPPY, "StreamReady": STREAMING})
    after = lab.deployment("leaving")
    assert (after["metadata"]["uid"], after["spec"]) == (before["metadata"]["uid"], before["spec"])
    until_arriving(lab, "leaving", vcenter)


@pytest.mark.parametrize(
    ("spoiled", "reason", "message"),
    [
        pytest.param(
            {"url": "http://bröker/in"},
            "SinkUrlRefused",
            "spec.sink.ref: Broker NAMESPACE/spoiled has a URL in its status.address that cannot "
            "be used. It must be http or https in plain ASCII, with a host and without user info: "
            "correct it there, or give spec.sink.uri instead of ref.",
            id="URL",
        ),
        pytest.param(
            {"url": "http://broker/in", "CACerts": "none"},
            "SinkCACertsRefused",
            "spec.sink.ref: the CACerts in the status.address of Broker NAMESPACE/spoiled must be "
            "PEM certificates (-----BEGIN CERTIFICATE-----) of 100,000 bytes at most. Give "
            "spec.sink.CACerts just those that this sink needs.",
            id="certificates",
        ),
    ],
)
def test_an_address_that_cannot_be_used_leaves_the_adapter_alone(
    lab, vcenter, spoiled, reason, message
):
    lab.addressable(BROKER, "spoiled", **address(lab, "spoiled"))
    lab.until_streaming("spoiled")
    before = lab.deployment("spoiled")

    lab.addressable(BROKER, "spoiled", address=spoiled)

    refused = in_sink(reason, message)
    lab.until("spoiled", **{**refused, "AdapterReady": HAPPY, "StreamReady": STREAMING})
    after = lab.deployment("spoiled")
    assert (after["metadata"]["uid"], after["spec"]) == (before["metadata"]["uid"], before["spec"])
    until_arriving(lab, "spoiled", vcenter)


def test_a_kind_that_was_installed_later_is_found_with_the_next_change(lab, vcenter):
    """Metacontroller keeps what it was told to look for, and the status says so."""
    lab.addressable(CHANNEL, "events", **address(lab, "not-served"))

    def told():
        # Only not to wait a minute: whatever happens to a source calls the hook.
        lab.kubectl("annotate", "vspheresource", "not-served", f"now={time.time()}", "--overwrite")
        return lab.conditions("not-served")["Ready"] == NOT_LOOKED_UP["Ready"]

    lab.eventually(told)
    lab.until("not-served", **NOT_LOOKED_UP)

    lab.apply(lab.source("not-served", sink={"ref": {**CHANNEL, "name": "events"}, "uri": ""}))

    lab.until_streaming("not-served")
    until_arriving(lab, "not-served", vcenter)
