"""A source in its world, from its first sync on: what is answered, and what is said of it."""

import copy
import datetime as dt
import json

import pytest

from hooks import source
from hooks.model import Observed, RequestError

BROKER = {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "name": "events"}
TO_BROKER = {"spec.sink": {"ref": BROKER}}
URL = "https://broker.example.com/default/events"
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
YES = ("True", "", "")
NOT_REPORTED = ("Unknown", "NotReported", "The adapter has not reported yet.")
NOT_FOUND = (
    "False",
    "SinkNotFound",
    "spec.sink.ref: there is no Broker default/events. Create it, or correct the reference.",
)
NOT_SERVED = (
    "False",
    "KindNotServed",
    (
        'spec.sink.ref: this cluster serves no kind Broker in the API group "eventing.knative.dev".'
        " Install it, or correct apiVersion and kind."
    ),
)
NO_URL = (
    "False",
    "SinkUrlRefused",
    (
        "spec.sink.ref: Broker default/events has a URL in its status.address that cannot be used. "
        "It must be http or https in plain ASCII, with a host and without user info: correct it "
        "there, or give spec.sink.uri instead of ref."
    ),
)
NO_PEM = (
    "False",
    "SinkCACertsRefused",
    (
        "spec.sink.ref: the CACerts in the status.address of Broker default/events must be PEM "
        "certificates (-----BEGIN CERTIFICATE-----) of 100,000 bytes at most. Give "
        "spec.sink.CACerts just those that this sink needs."
    ),
)
NO_ADAPTER = ("Unknown", "NoAdapter", "The adapter starts once there is a sink.")
ALL = "ServiceAccount vcenter-adapter, Role vcenter-adapter, RoleBinding vcenter-adapter, "
WAITING = ("Unknown", "Creating", f"Waiting for {ALL}Deployment vcenter-adapter.")
IN_THE_WAY = (
    "False",
    "NotCreated",
    (
        "Not created: Deployment vcenter-adapter. An object of that name that belongs to somebody "
        "else is in the way, or Metacontroller may not create it."
    ),
)


def broker(url=URL, *, name="events", **more):
    metadata = {"name": name, "namespace": "default"}
    address = {"url": url, **more}
    return BROKER | {"metadata": metadata, "status": {"address": address}}


def without(kind, children):
    return [child for child in children if child["kind"] != kind]


def env_of(deployment):
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    return {item["name"]: item["value"] for item in container["env"]}


def test_a_new_source_waits_for_its_children(sync):
    desired = sync()

    assert desired.status == {
        "observedGeneration": 1,
        "conditions": [
            {
                "type": "Ready",
                "status": "Unknown",
                "lastTransitionTime": "2026-05-01T12:00:00Z",
                "reason": "Creating",
                "message": WAITING[2],
            },
            {
                "type": "SinkProvided",
                "status": "True",
                "lastTransitionTime": "2026-05-01T12:00:00Z",
            },
            {
                "type": "AdapterReady",
                "status": "Unknown",
                "lastTransitionTime": "2026-05-01T12:00:00Z",
                "reason": "Creating",
                "message": WAITING[2],
            },
            {
                "type": "StreamReady",
                "status": "Unknown",
                "lastTransitionTime": "2026-05-01T12:00:00Z",
                "reason": "NotReported",
                "message": "The adapter has not reported yet.",
            },
        ],
        "sinkUri": "http://events.example.com/in",
    }
    assert desired.resync_after_seconds == 5


def test_a_source_whose_events_flow_is_ready(sync, running, now):
    report = {"streaming": "True", "refusedEvents": 2}
    before = sync(children=running(), now=now - dt.timedelta(hours=1)).status

    desired = sync(children=running(), status=before | {"adapter": report})

    assert desired.status == {
        "observedGeneration": 1,
        "conditions": [
            {"type": "Ready", "status": "True", "lastTransitionTime": "2026-05-01T12:00:00Z"},
            {
                "type": "SinkProvided",
                "status": "True",
                "lastTransitionTime": "2026-05-01T11:00:00Z",
            },
            {
                "type": "AdapterReady",
                "status": "True",
                "lastTransitionTime": "2026-05-01T11:00:00Z",
            },
            {"type": "StreamReady", "status": "True", "lastTransitionTime": "2026-05-01T12:00:00Z"},
        ],
        "sinkUri": "http://events.example.com/in",
        "adapter": report,
    }
    assert desired.resync_after_seconds == 0


VM, ALARM = "com.vmware.vsphere.VmEvent.v0", "com.vmware.vsphere.AlarmEvent.v0"


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        pytest.param(
            {"eventSource": "https://vc/sdk", "eventTypes": [VM, ALARM]},
            [
                {"type": ALARM, "source": "https://vc/sdk"},
                {"type": VM, "source": "https://vc/sdk"},
            ],
            id="sorted, and with the source that the adapter reports",
        ),
        pytest.param({"eventSource": "https://vc/sdk", "eventTypes": []}, ..., id="none so far"),
        pytest.param({"eventTypes": [VM]}, ..., id="of an unknown source"),
        pytest.param({"streaming": "True"}, ..., id="nothing reported of events"),
        pytest.param({}, ..., id="nothing reported"),
    ],
)
def test_knative_is_told_which_events_were_delivered(sync, running, reported, expected):
    desired = sync(children=running(), status={"adapter": reported})

    assert desired.status.get("ceAttributes", ...) == expected


@pytest.mark.parametrize("generation", [1, 2, 41])
def test_a_status_names_the_generation_it_is_about(sync, generation):
    desired = sync({"metadata.generation": generation})

    assert desired.status["observedGeneration"] == generation


@pytest.mark.parametrize("kind", ["ServiceAccount", "Role", "RoleBinding", "Deployment"])
def test_any_child_not_yet_seen_is_waited_for(sync, running, conditions, kind):
    desired = sync(children=without(kind, running()))

    assert conditions(desired)["AdapterReady"] == (
        "Unknown",
        "Creating",
        f"Waiting for {kind} vcenter-adapter.",
    )
    assert desired.resync_after_seconds == 5


def test_a_child_of_another_namespace_or_name_is_not_ours(sync, running, conditions):
    foreign = copy.deepcopy(running())
    foreign[0]["metadata"]["namespace"] = "other"
    foreign[1]["metadata"]["name"] = "other"

    assert conditions(sync(children=foreign))["AdapterReady"] == (
        "Unknown",
        "Creating",
        "Waiting for ServiceAccount vcenter-adapter, Role vcenter-adapter.",
    )


def test_a_child_that_does_not_come_is_named_after_half_a_minute(sync, running, conditions, now):
    children = without("Deployment", running())
    desired, said = sync(), []
    for seconds in (5, 10, 29, 30, 600):
        later = now + dt.timedelta(seconds=seconds)
        desired = sync(children=children, status=desired.status, now=later)
        said.append(conditions(desired)["AdapterReady"][:2])

    assert said == [("Unknown", "Creating")] * 3 + [("False", "NotCreated")] * 2
    assert conditions(desired)["AdapterReady"] == IN_THE_WAY
    assert conditions(desired)["Ready"] == IN_THE_WAY
    assert desired.resync_after_seconds == 5


def test_a_child_that_came_after_all_is_forgiven(sync, running, conditions, now):
    asked = sync()
    late = sync(status=asked.status, now=now + dt.timedelta(minutes=1))

    mended = sync(children=running(), status=late.status)

    assert conditions(late)["AdapterReady"][1] == "NotCreated"
    assert conditions(mended)["AdapterReady"] == YES


def test_a_sink_that_comes_late_leaves_the_adapter_its_half_minute(sync, created, conditions, now):
    rights = without("Deployment", created())
    waiting = sync(TO_BROKER, children=rights, now=now - dt.timedelta(hours=1))
    asked = sync(TO_BROKER, children=rights, related=[broker()], status=waiting.status)

    soon = now + dt.timedelta(seconds=5)
    again = sync(TO_BROKER, children=rights, related=[broker()], status=asked.status, now=soon)

    assert conditions(waiting)["AdapterReady"] == NO_ADAPTER
    assert conditions(again)["AdapterReady"] == (
        "Unknown",
        "Creating",
        "Waiting for Deployment vcenter-adapter.",
    )


def test_without_a_sink_there_are_rights_but_no_adapter(sync, conditions):
    desired = sync(TO_BROKER)

    assert [child["kind"] for child in desired.children] == [
        "ServiceAccount",
        "Role",
        "RoleBinding",
    ]
    assert conditions(desired) == {
        "Ready": NOT_FOUND,
        "SinkProvided": NOT_FOUND,
        "AdapterReady": (*WAITING[:2], f"Waiting for {ALL.removesuffix(', ')}."),
        "StreamReady": NOT_REPORTED,
    }
    assert "sinkUri" not in desired.status


@pytest.mark.parametrize(
    ("world", "seconds"),
    [
        pytest.param({"served": {}}, 60, id="no kind: its installation tells nobody"),
        pytest.param({}, 0, id="no object: Metacontroller tells us"),
        pytest.param({"related": [broker(url="")]}, 0, id="no address: Metacontroller tells us"),
        pytest.param({"related": [broker()]}, 5, id="a sink, but the Deployment is not there yet"),
    ],
)
def test_the_hook_asks_to_be_called_where_nobody_else_would(sync, created, world, seconds):
    rights = without("Deployment", created())

    assert sync(TO_BROKER, children=rights, **world).resync_after_seconds == seconds


def test_the_hook_asks_to_be_called_until_the_sink_was_looked_for(
    request_for, settings, served, created
):
    request = request_for(TO_BROKER, children=without("Deployment", created())) | {"related": {}}
    now = dt.datetime(2026, 5, 4, tzinfo=dt.UTC)

    desired = source.sync(Observed.from_request(request, now=now), settings=settings, served=served)

    assert desired.resync_after_seconds == 60


def test_an_addressable_is_used_with_its_certificates(sync):
    desired = sync(TO_BROKER, related=[broker(CACerts=PEM)])
    env = env_of(desired.children[-1])

    assert (env["K_SINK"], env["K_CA_CERTS"]) == (URL, PEM)
    assert (desired.status["sinkUri"], desired.status["sinkCACerts"]) == (URL, PEM)


@pytest.mark.parametrize(
    ("world", "expected"),
    [
        pytest.param({}, NOT_FOUND, id="it is deleted"),
        pytest.param({"served": {}}, NOT_SERVED, id="its kind is gone"),
        pytest.param({"related": [broker("http://b\n")]}, NO_URL, id="its URL cannot be used"),
        pytest.param(
            {"related": [broker(CACerts=5)]}, NO_PEM, id="its certificates cannot be used"
        ),
    ],
)
def test_a_lost_sink_leaves_a_running_adapter_alone(sync, running, conditions, world, expected):
    settled = sync(TO_BROKER, related=[broker(CACerts=PEM)])
    up = running({"spec.sink": {"uri": URL}})
    up[-1]["spec"] = settled.children[-1]["spec"]
    status = settled.status | {"adapter": {"streaming": "True"}}

    desired = sync(TO_BROKER, children=up, status=status, **world)

    assert desired.children == settled.children
    assert conditions(desired) == {
        "Ready": expected,
        "SinkProvided": expected,
        "AdapterReady": YES,
        "StreamReady": YES,
    }
    assert not {"sinkUri", "sinkCACerts"} & desired.status.keys()


def test_a_lost_sink_with_a_dollar_sign_is_kept_as_it_was(sync, running):
    up = running({"spec.sink": {"uri": "http://example.com/$(NAME)"}})

    desired = sync(TO_BROKER, children=up)

    assert desired.children[-1]["spec"] == up[-1]["spec"]


def test_a_container_that_others_put_first_does_not_end_the_adapter(sync, running):
    up = running({"spec.sink": {"uri": URL}})
    pod = up[-1]["spec"]["template"]["spec"]
    pod["containers"] = [{"name": "proxy", "image": "proxy:1"}, *pod["containers"]]

    desired = sync(TO_BROKER, children=up)

    assert env_of(desired.children[-1])["K_SINK"] == URL


def test_a_change_of_the_sink_reaches_the_adapter(sync, running):
    desired = sync({"spec.sink": {"uri": "http://other.example.com"}}, children=running())

    assert env_of(desired.children[-1])["K_SINK"] == "http://other.example.com"
    assert desired.status["sinkUri"] == "http://other.example.com"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param(
            {},
            ("Unknown", "RollingOut", "The Deployment controller has not seen it yet."),
            id="no status",
        ),
        pytest.param(
            {"observedGeneration": 1},
            ("Unknown", "RollingOut", "The adapter's Deployment is not available yet."),
            id="seen",
        ),
        pytest.param(
            {
                "observedGeneration": 1,
                "conditions": [
                    {
                        "type": "ReplicaFailure",
                        "status": "True",
                        "reason": "FailedCreate",
                        "message": 'pods "vcenter-adapter-1" is forbidden: exceeded quota',
                    }
                ],
            },
            ("False", "FailedCreate", 'pods "vcenter-adapter-1" is forbidden: exceeded quota'),
            id="no pod admitted",
        ),
    ],
)
def test_the_deployment_decides_whether_the_adapter_is_ready(
    sync, created, conditions, status, expected
):
    desired = sync(children=created(status=status))

    assert conditions(desired)["AdapterReady"] == expected


def test_what_the_adapter_reports_is_judged_and_kept(sync, running, conditions):
    refused = ("False", "InvalidLogin", "vCenter refused the user name or password.")
    report = dict(zip(("streaming", "reason", "message"), refused, strict=True))

    desired = sync(children=running(), status={"adapter": report})

    assert conditions(desired) == {
        "Ready": refused,
        "SinkProvided": YES,
        "AdapterReady": YES,
        "StreamReady": refused,
    }
    assert desired.status["adapter"] == report


def changed(up, change):
    """The observed children, after somebody has changed the adapter's pod."""
    change(up[-1]["spec"]["template"]["spec"])
    return up


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda pod: pod["containers"][0].update(env=[]), id="its variable is gone"),
        pytest.param(lambda pod: pod["containers"][0].update(name="main"), id="it has a new name"),
    ],
)
def test_an_adapter_that_cannot_be_answered_as_it_is_is_not_answered_away(sync, running, change):
    up = changed(running({"spec.sink": {"uri": URL}}), change)

    with pytest.raises(RequestError) as told:
        sync(TO_BROKER, children=up)

    assert str(told.value) == (
        "The Deployment vcenter-adapter was changed: its container adapter has no K_SINK. "
        + NOT_FOUND[2]
    )


def test_the_sink_of_another_container_is_not_the_adapters(sync, running):
    def add_sidecar(pod):
        env = [{"name": "K_SINK", "value": "http://other.example.com"}]
        pod["containers"].append({"name": "sidecar", "image": "sidecar:1", "env": env})

    desired = sync(TO_BROKER, children=changed(running({"spec.sink": {"uri": URL}}), add_sidecar))

    assert env_of(desired.children[-1])["K_SINK"] == URL


DEAD = "https://broker.example.com/default/dead"
DEAD_LETTERS = {"spec.delivery": {"retry": 5, "deadLetterSink": {"ref": BROKER | {"name": "dead"}}}}
DEAD_NOT_FOUND = (
    "False",
    "SinkNotFound",
    (
        "spec.delivery.deadLetterSink.ref: there is no Broker default/dead. "
        "Create it, or correct the reference."
    ),
)
DEAD_NOT_SERVED = (*NOT_SERVED[:2], NOT_SERVED[2].replace(".sink.", ".delivery.deadLetterSink."))
TOLD = json.dumps({"deadLetterSink": {"uri": DEAD}, "retry": 5}, separators=(",", ":"))


def delivery_of(desired):
    return env_of(desired.children[-1]).get("VSPHERE_DELIVERY_CONFIG")


def test_a_dead_letter_sink_is_resolved_as_the_sink_is(sync, running, conditions):
    there = [broker(), broker(DEAD, name="dead", CACerts=PEM)]
    desired = sync(TO_BROKER | DEAD_LETTERS, children=running(), related=there)

    assert json.loads(delivery_of(desired)) == {
        "retry": 5,
        "deadLetterSink": {"uri": DEAD, "CACerts": PEM},
    }
    assert conditions(desired) == {
        "Ready": NOT_REPORTED,
        "SinkProvided": YES,
        "DeadLetterSinkResolved": YES,
        "AdapterReady": YES,
        "StreamReady": NOT_REPORTED,
    }
    assert {key: desired.status[key] for key in desired.status if "ink" in key} == {
        "sinkUri": URL,
        "deadLetterSinkUri": DEAD,
        "deadLetterSinkCACerts": PEM,
    }


def test_no_adapter_starts_before_both_sinks_are_there(sync, created, conditions):
    desired = sync(DEAD_LETTERS, children=without("Deployment", created()))

    assert [child["kind"] for child in desired.children] == [
        "ServiceAccount",
        "Role",
        "RoleBinding",
    ]
    assert conditions(desired) == {
        "Ready": DEAD_NOT_FOUND,
        "SinkProvided": YES,
        "DeadLetterSinkResolved": DEAD_NOT_FOUND,
        "AdapterReady": NO_ADAPTER,
        "StreamReady": NOT_REPORTED,
    }


@pytest.fixture
def settled(sync, created):
    """Make the children of a source with both sinks."""

    def settled(changes=None):
        up = created(changes)
        desired = sync(TO_BROKER | DEAD_LETTERS, related=[broker(), broker(DEAD, name="dead")])
        up[-1]["spec"] = desired.children[-1]["spec"]
        return up

    return settled


@pytest.mark.parametrize(
    ("world", "expected"),
    [
        pytest.param({}, DEAD_NOT_FOUND, id="it is deleted"),
        pytest.param({"served": {}}, DEAD_NOT_SERVED, id="its kind is gone"),
    ],
)
def test_a_lost_dead_letter_sink_leaves_a_running_adapter_what_it_was_told(
    sync, settled, conditions, world, expected
):
    changes = {"spec.sink": {"uri": "http://other.example.com"}, **DEAD_LETTERS}

    desired = sync(changes, children=settled(), **world)

    assert conditions(desired)["DeadLetterSinkResolved"] == expected
    assert delivery_of(desired) == TOLD
    assert env_of(desired.children[-1])["K_SINK"] == "http://other.example.com"
    assert "deadLetterSinkUri" not in desired.status


def test_an_adapter_without_dead_letters_goes_on_until_their_sink_is_there(sync, running):
    before = running()

    desired = sync(DEAD_LETTERS, children=before)
    later = sync(DEAD_LETTERS, children=before, related=[broker(DEAD, name="dead")])

    assert desired.children[-1]["spec"] == before[-1]["spec"]
    assert delivery_of(later) == TOLD


def test_how_to_deliver_is_told_also_while_there_is_no_sink(sync, settled):
    changed = sync(TO_BROKER | {"spec.delivery": {"inFlight": 4}}, children=settled())
    ended = sync(TO_BROKER, children=settled())

    assert delivery_of(changed) == '{"inFlight":4}'
    assert delivery_of(ended) is None


def test_while_both_sinks_are_lost_nothing_changes(sync, settled):
    up = settled()

    assert sync(TO_BROKER | DEAD_LETTERS, children=up).children[-1]["spec"] == up[-1]["spec"]


def test_the_hook_asks_to_be_called_until_the_kind_of_the_dead_letter_sink_is_served(sync, running):
    assert sync(DEAD_LETTERS, children=running(), served={}).resync_after_seconds == 60
    assert sync(DEAD_LETTERS, children=running()).resync_after_seconds == 0


def test_what_a_changed_adapter_was_told_of_dead_letters_is_not_guessed(sync, settled):
    up = changed(settled(), lambda pod: pod["containers"][0].update(env=[]))

    with pytest.raises(RequestError) as told:
        sync(DEAD_LETTERS, children=up)

    assert str(told.value) == (
        "The Deployment vcenter-adapter was changed: its container adapter has no K_SINK. "
        + DEAD_NOT_FOUND[2]
    )
