"""What Metacontroller sends to the hooks: never a Secret. tests/wire is made of it, by

    python -m pytest tests/e2e/system/sources/test_wire.py --record tests/wire

As the last module it sees what was sent for all the others.
"""

import base64
import json
import re

import pytest

BROKER = {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker"}
INGRESS = "broker-ingress.knative-eventing.svc.cluster.local"
FIRST, LAST = 0, -1


def condition(item, kind):
    """Status and reason of a condition."""
    conditions = {one["type"]: one for one in item.get("status", {}).get("conditions", [])}
    found = conditions.get(kind, {})
    return found.get("status"), found.get("reason")


def is_streaming(request):
    return condition(request["parent"], "Ready")[0] == "True"


def is_changed(request):
    return request["parent"]["metadata"]["generation"] == 2


def streams_as_created(request):
    return is_streaming(request) and not is_changed(request)


def starts_with_deployment(available):
    """Whether the source is not ready yet, and so far is its Deployment."""

    def holds(request):
        [deployment] = request["children"]["Deployment.apps/v1"].values() or [{}]
        found, _ = condition(deployment, "Available")
        return found == available and not is_streaming(request) and not is_changed(request)

    return holds


def is_refused(request):
    return condition(request["parent"], "Ready") == ("False", "LoginRefused")


SITUATIONS = {
    # Whose request it is, and which of those for which something holds.
    "customize-uri-sink": ("vcenter", FIRST, bool),
    "customize-service-sink": ("service-sink", FIRST, bool),
    "customize-broker-sink": ("broker-sink", FIRST, bool),
    "sync-created": ("vcenter", FIRST, bool),
    "sync-children-created": ("vcenter", LAST, starts_with_deployment("False")),
    "sync-available": ("vcenter", LAST, starts_with_deployment("True")),
    "sync-streaming": ("vcenter", LAST, streams_as_created),
    "sync-login-refused": ("login-refused", LAST, is_refused),
    "sync-encoding-changed": ("vcenter", FIRST, is_changed),
    "sync-service-sink": ("service-sink", LAST, is_streaming),
    "sync-broker-sink": ("broker-sink", LAST, is_streaming),
}


@pytest.fixture(scope="module")
def lab(make_lab, names, sink):
    """A namespace in which each situation comes about."""
    lab = make_lab()
    names[INGRESS] = names[f"events.{lab.namespace}.svc.cluster.local"] = sink.url
    service = {"apiVersion": "v1", "kind": "Service"}
    metadata = {"name": "events", "namespace": lab.namespace}
    lab.addressable(BROKER, "events", address={"url": f"http://{INGRESS}/{lab.namespace}/events"})
    lab.apply(
        {**service, "metadata": metadata, "spec": {"ports": [{"port": 80}]}},
        lab.secret("wrong", password="guessed"),
        lab.source(),
        lab.source("login-refused", secretRef={"name": "wrong"}),
        lab.source("service-sink", sink={"ref": {**service, "name": "events"}}),
        lab.source("broker-sink", sink={"ref": {**BROKER, "name": "events"}, "uri": "in"}),
    )
    for name in ("vcenter", "service-sink", "broker-sink"):
        lab.until_streaming(name)
    lab.apply(lab.source(payloadEncoding="application/json"))
    lab.eventually(lambda: lab.status()["observedGeneration"] == 2)
    return lab.until_streaming()


@pytest.fixture
def sent(exchanges):
    """All that a hook was sent so far, by its name."""

    def by_name(hook):
        return [
            json.loads(exchange.request.body)
            for exchange in exchanges
            if exchange.request.path.startswith(f"/vspheresource/{hook}?")
        ]

    return by_name


def test_no_secret_travels(lab, sent, exchanges):
    credentials = [value.encode() for value in lab.secret()["stringData"].values()]
    bodies = b"".join(exchange.request.body for exchange in exchanges)
    requests = sent("sync") + sent("customize")

    assert any(map(is_streaming, requests))
    assert [it for it in (*credentials, *map(base64.b64encode, credentials)) if it in bodies] == []
    kinds = {
        kind
        for request in requests
        for part in ("children", "related")
        for kind in request.get(part, {})
    }
    assert not any(kind.startswith("Secret.") for kind in kinds)


# What stands in for it sends other things.
@pytest.mark.metacontroller
@pytest.mark.parametrize("name", SITUATIONS)
def test_each_situation_is_seen_and_recorded_on_demand(lab, sent, hooks_url, pytestconfig, name):
    hook, _, _ = name.partition("-")
    source, which, holds = SITUATIONS[name]

    def found():
        return [
            request
            for request in sent(hook)
            if request["parent"]["metadata"]["namespace"] == lab.namespace
            and request["parent"]["metadata"]["name"] == source
            and holds(request)
        ]

    request = lab.eventually(found)[which]

    if folder := pytestconfig.getoption("record"):
        places = {
            hooks_url: "http://vsphere-hooks.vsphere-sources",
            lab.vcenter.url: "https://vcenter.example.com/sdk",
            lab.sink.url: "http://events.example.com",
            lab.namespace: "default",
        }
        (folder / f"{name}.json").write_text(recording(request, places))


UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
REPLICA_SET = re.compile(r'(ReplicaSet \\"[a-z-]+-)\w+')


def recording(request, places):
    """*request* as text, without what is different in each run; *places* has other names there."""
    uids = {}

    def numbered(uid):
        return uids.setdefault(uid[0], f"00000000-0000-0000-0000-{len(uids) + 1:012}")

    def steady(item):
        if "resourceVersion" in item:
            item["resourceVersion"] = "1"
        if "managedFields" in item:
            # Sorted by time, as it comes.
            item["managedFields"].sort(key=lambda entry: (entry["manager"], "subresource" in entry))
        return item

    text = json.dumps(request)
    for here, there in places.items():
        text = text.replace(here, there)
    text = REPLICA_SET.sub(r"\g<1>1", TIME.sub("2026-01-01T00:00:00Z", UID.sub(numbered, text)))
    return json.dumps(json.loads(text, object_hook=steady), indent=2) + "\n"
