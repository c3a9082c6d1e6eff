"""Each condition by itself: what is judged, in which words, and since when."""

import datetime as dt

import pytest

from hooks import conditions
from hooks.conditions import Verdict
from hooks.model import Observed
from hooks.sinks import Resolved, Unresolved

TRUE = Verdict("True")
RETRYING = Verdict("False", "InvalidLogin", "vCenter refused the user name or password.")
CONNECTING = Verdict("Unknown", "Connecting", "Connecting to vCenter.")
NO_SINK = Verdict("False", "SinkNotFound", "There is no such sink.")
GONE = Verdict("False", "SinkNotFound", "There is no such sink for dead letters.")
CRASHING = Verdict("False", "MinimumReplicasUnavailable", "No replica is available.")
ROLLING_OUT = Verdict("Unknown", "RollingOut", "The adapter's Deployment is not available yet.")
UNSEEN = Verdict("Unknown", "RollingOut", "The Deployment controller has not seen it yet.")
NAMED = {"name": "one-adapter", "namespace": "ns"}
HINT = (
    "The adapter's pod is not ready: see kubectl logs deployment/one-adapter -n ns, "
    "kubectl describe deployment/one-adapter -n ns."
)
SINCE = "2026-05-01T11:00:00Z"


def deployment(generation=1, *, seen=1, **reported):
    listed = [
        {"type": kind, "status": status, "reason": f"{kind}Reason", "message": f"{kind}: why."}
        for kind, status in reported.items()
    ]
    status = {"observedGeneration": seen, "conditions": listed}
    return {"metadata": NAMED | {"generation": generation}, "status": status}


def unavailable(progressing, reason):
    """A Deployment without an available pod, as its controller describes it."""
    listed = [
        {"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable"},
        {"type": "Progressing", "status": progressing, "reason": reason},
    ]
    status = {"observedGeneration": 1, "conditions": listed}
    return {"metadata": NAMED | {"generation": 1}, "status": status}


STARTING = [
    ("True", "NewReplicaSetCreated"),
    ("True", "FoundNewReplicaSet"),
    ("True", "ReplicaSetUpdated"),
]
STARTED = [
    # A crash loop, or a pod that was evicted, after a good start.
    ("True", "NewReplicaSetAvailable"),
    ("False", "ProgressDeadlineExceeded"),
    ("False", "ReplicaSetCreateError"),
    ("Unknown", "DeploymentPaused"),
]


@pytest.fixture
def observed(request_for, now):
    """A source whose AdapterReady was last said to be for *reason*, *age* ago."""

    def observed(reason=None, age=dt.timedelta()):
        said = {
            "type": "AdapterReady",
            "status": "Unknown",
            "reason": reason,
            "lastTransitionTime": (now - age).isoformat().replace("+00:00", "Z"),
        }
        status = {"conditions": [said]} if reason else None
        return Observed.from_request(request_for(status=status), now=now)

    return observed


def test_a_sink_with_a_url_is_provided():
    assert conditions.sink_provided(Resolved(uri="http://events.example.com")) == TRUE


def test_a_sink_without_a_url_says_why():
    unresolved = Unresolved(reason="SinkNotFound", message="There is no such sink.")

    assert conditions.sink_provided(unresolved) == NO_SINK


@pytest.mark.parametrize(
    ("running", "expected"),
    [
        pytest.param({"metadata": {"generation": 1}}, UNSEEN, id="no status yet"),
        pytest.param(
            deployment(2, seen=1, Available="True"), UNSEEN, id="status of an older generation"
        ),
        pytest.param(deployment(), ROLLING_OUT, id="seen, nothing said"),
        pytest.param(deployment(Available="Unknown"), ROLLING_OUT, id="availability unknown"),
        pytest.param(deployment(Progressing="True"), ROLLING_OUT, id="only progressing"),
        pytest.param(deployment(Available="True", Progressing="True"), TRUE, id="available"),
        pytest.param(
            deployment(Available="True", ReplicaFailure="False"), TRUE, id="no failure any more"
        ),
        pytest.param(
            deployment(Available="False"),
            Verdict("False", "AvailableReason", HINT),
            id="not available",
        ),
        *(
            pytest.param(
                unavailable(progressing, reason),
                Verdict("Unknown", "RollingOut", HINT),
                id=f"not available yet: {reason}",
            )
            for progressing, reason in STARTING
        ),
        *(
            pytest.param(
                unavailable(progressing, reason),
                Verdict("False", "MinimumReplicasUnavailable", HINT),
                id=f"not available: {reason}",
            )
            for progressing, reason in STARTED
        ),
        pytest.param(
            deployment(Available="False", Progressing="True", ReplicaFailure="True"),
            Verdict("False", "ReplicaFailureReason", "ReplicaFailure: why."),
            id="no pod admitted, although it was just asked for",
        ),
        pytest.param(
            deployment(Available="False", ReplicaFailure="True"),
            Verdict("False", "ReplicaFailureReason", "ReplicaFailure: why."),
            id="no pod admitted, which says more than not available",
        ),
        pytest.param(
            {
                "metadata": NAMED | {"generation": 1},
                "status": {
                    "observedGeneration": 1,
                    "conditions": [{"type": "Available", "status": "False"}],
                },
            },
            Verdict("False", "NotAvailable", HINT),
            id="not available, no reason given",
        ),
    ],
)
def test_the_adapter_is_judged_by_its_deployment(observed, running, expected):
    verdict = conditions.adapter_ready(observed(), deployment=running, missing=[])

    assert verdict == expected


def test_without_a_sink_there_is_no_adapter(observed):
    verdict = conditions.adapter_ready(observed(), deployment=None, missing=[])

    assert verdict == Verdict("Unknown", "NoAdapter", "The adapter starts once there is a sink.")


WAITING = Verdict("Unknown", "Creating", "Waiting for Role a, Deployment b.")
NOT_CREATED = Verdict(
    "False",
    "NotCreated",
    "Not created: Role a, Deployment b. An object of that name that belongs to somebody else is "
    "in the way, or Metacontroller may not create it.",
)


@pytest.mark.parametrize(
    ("reason", "seconds", "expected"),
    [
        pytest.param(None, 0, WAITING, id="just asked for"),
        pytest.param("Creating", 29, WAITING, id="29 s ago"),
        pytest.param("Creating", 30, NOT_CREATED, id="30 s ago"),
        pytest.param("NotCreated", 0, NOT_CREATED, id="already called not created"),
        pytest.param("RollingOut", 600, WAITING, id="lost after it was there"),
    ],
)
def test_a_child_not_yet_seen_has_half_a_minute(observed, reason, seconds, expected):
    world = observed(reason, dt.timedelta(seconds=seconds))

    verdict = conditions.adapter_ready(
        world, deployment=deployment(Available="True"), missing=["Role a", "Deployment b"]
    )

    assert verdict == expected


@pytest.mark.parametrize(
    ("adapter", "reported", "expected"),
    [
        pytest.param(
            TRUE,
            {},
            Verdict("Unknown", "NotReported", "The adapter has not reported yet."),
            id="no report",
        ),
        pytest.param(
            TRUE,
            {"refusedEvents": 3},
            Verdict("Unknown", "NotReported", "The adapter has not reported yet."),
            id="a report of other things",
        ),
        pytest.param(TRUE, {"streaming": "True"}, TRUE, id="streaming"),
        pytest.param(
            ROLLING_OUT,
            {"streaming": "True"},
            Verdict("Unknown", "AdapterNotReady", "The adapter is not running."),
            id="streamed, but may be gone",
        ),
        pytest.param(
            CRASHING,
            {"streaming": "True"},
            Verdict("Unknown", "AdapterNotReady", "The adapter is not running."),
            id="streamed, but is gone",
        ),
        pytest.param(
            TRUE,
            {"streaming": "False", "reason": RETRYING.reason, "message": RETRYING.message},
            RETRYING,
            id="not streaming",
        ),
        pytest.param(
            CRASHING,
            {"streaming": "False", "reason": RETRYING.reason, "message": RETRYING.message},
            RETRYING,
            id="not streaming, and therefore not available",
        ),
        pytest.param(
            TRUE,
            {"streaming": "Unknown", "reason": CONNECTING.reason, "message": CONNECTING.message},
            CONNECTING,
            id="not known to itself",
        ),
    ],
)
def test_the_stream_is_judged_by_what_the_adapter_reports(adapter, reported, expected):
    assert conditions.stream_ready(adapter, reported) == expected


@pytest.mark.parametrize(
    ("sinks", "adapter", "stream", "expected"),
    [
        pytest.param([TRUE, TRUE], TRUE, TRUE, TRUE, id="all is well"),
        pytest.param([NO_SINK, GONE], CRASHING, RETRYING, NO_SINK, id="the sink comes first"),
        pytest.param([TRUE, GONE], CRASHING, RETRYING, GONE, id="then the dead-letter sink"),
        pytest.param([TRUE, TRUE], CRASHING, RETRYING, RETRYING, id="then the stream"),
        pytest.param([TRUE], CRASHING, TRUE, CRASHING, id="then the adapter"),
        pytest.param([TRUE], CRASHING, CONNECTING, CRASHING, id="False comes before Unknown"),
        pytest.param([TRUE], ROLLING_OUT, RETRYING, RETRYING, id="False, whoever says it"),
        pytest.param([TRUE], ROLLING_OUT, CONNECTING, ROLLING_OUT, id="unknown: the adapter first"),
        pytest.param([TRUE], TRUE, CONNECTING, CONNECTING, id="unknown: then the stream"),
    ],
)
def test_ready_repeats_what_explains_most(sinks, adapter, stream, expected):
    assert conditions.ready(sinks, adapter, stream) == expected


@pytest.mark.parametrize(
    ("previous", "since"),
    [
        pytest.param([], "2026-05-01T12:00:00Z", id="first said: now"),
        pytest.param([("StreamReady", "False")], SINCE, id="said before: still since then"),
        pytest.param([("StreamReady", "True")], "2026-05-01T12:00:00Z", id="changed: now"),
        pytest.param([("Ready", "False")], "2026-05-01T12:00:00Z", id="of another condition: now"),
        pytest.param(
            [("Ready", "True"), ("StreamReady", "False"), ("AdapterReady", "True")],
            SINCE,
            id="among others",
        ),
    ],
)
def test_the_transition_time_moves_only_when_the_status_does(previous, since, now):
    said = [
        {"type": kind, "status": status, "reason": "Other", "lastTransitionTime": SINCE}
        for kind, status in previous
    ]

    assert conditions.condition("StreamReady", RETRYING, previous=said, now=now) == {
        "type": "StreamReady",
        "status": "False",
        "lastTransitionTime": since,
        "reason": "InvalidLogin",
        "message": "vCenter refused the user name or password.",
    }


@pytest.mark.parametrize(
    ("before", "since"),
    [
        pytest.param("Creating", SINCE, id="already waited for"),
        pytest.param("NoAdapter", "2026-05-01T12:00:00Z", id="no adapter before"),
        pytest.param("RollingOut", "2026-05-01T12:00:00Z", id="lost while rolling out"),
    ],
)
def test_the_grace_of_a_child_runs_from_the_time_it_was_asked_for(before, since, now):
    said = [
        {
            "type": "AdapterReady",
            "status": "Unknown",
            "reason": before,
            "lastTransitionTime": SINCE,
        }
    ]

    condition = conditions.condition("AdapterReady", WAITING, previous=said, now=now)

    assert condition["lastTransitionTime"] == since


def test_a_condition_holds_nothing_empty(now):
    later = now + dt.timedelta(milliseconds=999)

    assert conditions.condition("Ready", TRUE, previous=[], now=later) == {
        "type": "Ready",
        "status": "True",
        "lastTransitionTime": "2026-05-01T12:00:00Z",
    }


def test_a_condition_of_another_hand_may_lack_its_transition_time(now):
    said = [{"type": "Ready", "status": "True"}]

    assert conditions.condition("Ready", TRUE, previous=said, now=now) == {
        "type": "Ready",
        "status": "True",
        "lastTransitionTime": "2026-05-01T12:00:00Z",
    }
