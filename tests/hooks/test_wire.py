"""What the hooks answer to requests that a real Metacontroller has sent.

Each recording is posted to the URL it was sent to, at the time it was sent. They are made by
tests/e2e/system/sources/test_wire.py, with steady values for what differs in each run.
"""

import datetime as dt
import functools
import json
import urllib.parse
from pathlib import Path

import pytest

from hooks.app import create_app
from hooks.model import ServedKind, Settings

LAST_APPLIED = "metacontroller.k8s.io/last-applied-configuration"
WIRE = Path(__file__).parents[1] / "wire"
SYNCS = sorted(file.stem for file in WIRE.glob("sync-*.json"))
CUSTOMIZES = sorted(file.stem for file in WIRE.glob("customize-*.json"))
SERVED = {("eventing.knative.dev", "Broker"): ServedKind(version="v1", plural="brokers")}
RELATED_RULE = {
    "apiVersion",
    "resource",
    "labelSelector",
    "namespaceSelector",
    "namespace",
    "names",
}


@functools.cache
def text_of(name):
    return (WIRE / f"{name}.json").read_text()


def recorded(name):
    return json.loads(text_of(name))


def objects_in(value):
    """Every JSON object in *value*, at any depth."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            yield from objects_in(item)


def sent_at(request):
    """The time of the last write that the parent shows."""
    writes = (entry["time"] for entry in request["parent"]["metadata"]["managedFields"])
    return dt.datetime.fromisoformat(max(writes))


def replay(request, hook, *, later=dt.timedelta()):
    """Post *request* where Metacontroller did, and return the answer."""
    url = urllib.parse.urlsplit(request["controller"]["spec"]["hooks"][hook]["webhook"]["url"])
    [revision] = urllib.parse.parse_qs(url.query)["rev"]
    # An installation has one version for all that is its own.
    settings = Settings(adapter_image=f"vsphere-sources-adapter:{revision}", revision=revision)
    app = create_app(settings, served=lambda: SERVED, now=lambda: sent_at(request) + later)

    response = app.test_client().post(f"{url.path}?{url.query}", json=request)

    assert response.status_code == 200
    return response.get_json()


def owned(answered, observed):
    """The part of *observed* that stands where *answered* has something."""
    if isinstance(answered, dict) and isinstance(observed, dict):
        return {
            name: owned(value, observed[name])
            for name, value in answered.items()
            if name in observed
        }
    if isinstance(answered, list) and isinstance(observed, list) and len(answered) == len(observed):
        return [owned(*pair) for pair in zip(answered, observed, strict=True)]
    return observed


def identified(objects):
    """Key *objects* by what tells them apart."""
    return {(item["apiVersion"], item["kind"], item["metadata"]["name"]): item for item in objects}


def children_in(request):
    """The observed children, keyed likewise."""
    return identified(item for items in request["children"].values() for item in items.values())


def is_settled(request):
    """Whether the hook was asked before about just this source, and was obeyed."""
    seen = request["parent"].get("status", {}).get("observedGeneration")
    return bool(children_in(request)) and seen == request["parent"]["metadata"]["generation"]


SETTLED = [name for name in SYNCS if is_settled(recorded(name))]


def test_there_are_recordings_of_every_sort():
    assert CUSTOMIZES
    assert SETTLED
    assert set(SYNCS) - set(SETTLED)


@pytest.mark.parametrize("name", [*SYNCS, *CUSTOMIZES])
def test_no_secret_travels(name):
    kinds = {item.get("kind") for item in objects_in(recorded(name))}

    assert "VSphereSource" in kinds
    assert not {"Secret", "SecretList"} & kinds


@pytest.mark.parametrize("name", SYNCS)
def test_a_sync_is_answered_with_keys_that_metacontroller_knows(name):
    answer = replay(recorded(name), "sync")

    assert answer.keys() <= {"status", "children", "resyncAfterSeconds", "finalized"}
    assert answer.keys() >= {"status", "children"}


@pytest.mark.parametrize("name", CUSTOMIZES)
def test_a_customize_is_answered_with_keys_that_metacontroller_knows(name):
    answer = replay(recorded(name), "customize")

    assert answer.keys() == {"relatedResources"}
    for rule in answer["relatedResources"]:
        assert {"apiVersion", "resource"} <= rule.keys() <= RELATED_RULE


@pytest.mark.parametrize("name", SYNCS)
def test_only_children_that_metacontroller_watches_are_answered(name):
    request = recorded(name)
    declared = {
        (item["apiVersion"], item["resource"])
        for item in request["controller"]["spec"]["childResources"]
    }

    children = replay(request, "sync")["children"]

    answered = {(child["apiVersion"], f"{child['kind'].lower()}s") for child in children}
    assert answered <= declared
    assert answered


@pytest.mark.parametrize("name", SYNCS)
def test_an_api_server_takes_the_status_and_prunes_nothing(schemas, name):
    request = recorded(name)

    answered = request["parent"] | {"status": replay(request, "sync")["status"]}

    assert schemas.admit(answered) == answered


@pytest.mark.parametrize("name", SYNCS)
def test_children_stay_in_the_namespace_of_their_source(name):
    request = recorded(name)

    children = replay(request, "sync")["children"]

    namespaces = {child["metadata"]["namespace"] for child in children}
    assert namespaces == {request["parent"]["metadata"]["namespace"]}


@pytest.mark.parametrize("name", SETTLED)
def test_once_settled_the_hook_answers_what_is_there(name):
    request = recorded(name)

    answered = identified(replay(request, "sync")["children"])

    there = children_in(request)
    assert there.keys() == answered.keys()
    assert {key: owned(child, there[key]) for key, child in answered.items()} == answered


@pytest.mark.parametrize("name", SETTLED)
def test_once_settled_the_hook_answers_what_was_applied_last(name):
    """A field that were left out now would be one for Metacontroller to remove."""
    request = recorded(name)
    applied = {
        key: json.loads(child["metadata"]["annotations"][LAST_APPLIED])
        for key, child in children_in(request).items()
    }
    for child in applied.values():
        # Metacontroller's own, by which it finds its children again.
        del child["metadata"]["labels"]["controller-uid"]

    assert identified(replay(request, "sync")["children"]) == applied


@pytest.mark.parametrize("name", SYNCS)
def test_an_answer_that_was_carried_out_is_answered_again(name):
    request = recorded(name)
    answer = replay(request, "sync")
    request["parent"]["status"] = answer["status"]

    assert replay(request, "sync", later=dt.timedelta(seconds=20)) == answer


def test_a_broker_is_asked_for_in_the_version_that_is_served():
    answer = replay(recorded("customize-broker-sink"), "customize")

    assert answer == {
        "relatedResources": [
            {
                "apiVersion": "eventing.knative.dev/v1",
                "resource": "brokers",
                "namespace": "default",
                "names": ["events"],
            }
        ]
    }


def test_the_address_of_a_broker_and_a_relative_uri_make_the_sink():
    answer = replay(recorded("sync-broker-sink"), "sync")

    assert answer["status"]["sinkUri"] == (
        "http://broker-ingress.knative-eventing.svc.cluster.local/default/in"
    )
