"""What the adapter writes into its source's status, and how it keeps it there."""

import logging

import pytest

from adapter.cluster import ApiServerError
from adapter.config import Cluster
from adapter.report import Refusal, Report
from adapter.reporter import Reporter

CLUSTER = Cluster(namespace="ns", name="one", source_uid="uid-1", configmap="one-configmap")
PATH = "/apis/sources.tanzu.vmware.com/v1alpha1/namespaces/ns/vspheresources/one"
STREAMING = Report(streaming=True, reason="Streaming", message="Reading.")
REFUSED = Report(streaming=False, reason="LoginRefused", message="Wrong password.")


class Source:
    """The source's status in an API server, with the calls that were made."""

    def __init__(self):
        self.uid = "uid-1"
        self.status = {}
        self.calls = []
        self.answer = None

    def call(self, method, path, body=None, *, content_type=""):
        self.calls.append((method, path))
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is not None:
            return self.answer
        if method == "PATCH":
            assert content_type == "application/json-patch+json"
            test, add = body
            assert (test["op"], test["path"]) == ("test", "/metadata/uid")
            assert (add["op"], add["path"]) == ("add", "/status/adapter")
            if test["value"] != self.uid:
                return 422, {"message": "testing value /metadata/uid failed"}
            self.status["adapter"] = add["value"]
        return 200, {"status": self.status}


class World:
    def __init__(self, report):
        self.source, self.report, self.now = Source(), report, 0.0
        self.reporter = Reporter(
            api_server=self.source,
            cluster=CLUSTER,
            report=lambda: self.report,
            clock=lambda: self.now,
        )

    def turns(self, seconds):
        for _ in range(seconds):
            self.now += 1
            self.reporter.turn()


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        pytest.param(
            Report(),
            {
                "streaming": "Unknown",
                "reason": "Starting",
                "message": "The adapter has not logged in yet.",
            },
            id="at the start",
        ),
        pytest.param(
            STREAMING,
            {"streaming": "True", "reason": "Streaming", "message": "Reading."},
            id="streaming",
        ),
        pytest.param(
            Report(
                streaming=False,
                reason="Unreachable",
                message="Down.",
                refused_events=2,
                last_refused=Refusal(id="7", type="VmPoweredOnEvent", code=400),
            ),
            {
                "streaming": "False",
                "reason": "Unreachable",
                "message": "Down.",
                "refusedEvents": 2,
                "lastRefused": {"id": "7", "type": "VmPoweredOnEvent", "code": 400},
            },
            id="interrupted, and some events were refused before",
        ),
    ],
)
def test_a_report_is_written_into_the_status_subresource(report, expected):
    world = World(report)

    world.turns(1)

    assert world.source.status == {"adapter": expected}
    assert world.source.calls == [("PATCH", f"{PATH}/status")]


def test_what_is_not_reported_any_more_is_taken_out():
    world = World(STREAMING)
    world.source.status["adapter"] = {
        "refusedEvents": 5,
        "lastRefused": {"id": "1", "type": "T", "code": 400},
    }

    world.turns(1)

    assert world.source.status == {"adapter": STREAMING.to_object()}


def test_nothing_is_written_into_a_new_source_of_the_same_name():
    """A merge patch with the old uid would do so: at /status, metadata is not compared."""
    world = World(STREAMING)
    world.source.uid = "uid-2"

    world.turns(10)

    assert world.source.status == {}


def test_an_unchanged_report_is_written_once_and_looked_at_ever_more_rarely():
    world = World(STREAMING)

    world.turns(3600)

    methods = [method for method, _ in world.source.calls]
    assert methods.count("PATCH") == 1
    # After 2, 5, 15 and 60 s, then every ten minutes.
    assert methods.count("GET") == 4 + 5


def test_a_report_that_was_lost_to_a_race_is_repeated():
    world = World(STREAMING)
    world.turns(1)
    world.source.status = {"observedGeneration": 2}

    world.turns(3)

    assert world.source.status["adapter"] == STREAMING.to_object()


def test_a_change_of_the_stream_is_written_at_once():
    world = World(STREAMING)
    world.turns(5)
    world.report = REFUSED

    world.turns(1)

    assert world.source.status["adapter"] == REFUSED.to_object()


def test_refusals_alone_are_written_at_most_every_ten_seconds():
    world = World(STREAMING)
    world.turns(1)
    before = len([call for call in world.source.calls if call[0] == "PATCH"])

    for count in range(1, 31):
        world.report = Report(
            streaming=True,
            reason="Streaming",
            message="Reading.",
            refused_events=count,
            last_refused=Refusal(id=str(count), type="T", code=400),
        )
        world.turns(1)

    writes = len([call for call in world.source.calls if call[0] == "PATCH"]) - before
    assert writes == 3
    assert world.source.status["adapter"]["refusedEvents"] == 30


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(
            ApiServerError("the API server at https://k cannot be reached: timed out"),
            "The status of the source is not up to date: "
            "the API server at https://k cannot be reached: timed out.",
            id="unreachable",
        ),
        pytest.param(
            (403, {"message": "not yours"}),
            "The status of the source is not up to date: "
            "VSphereSource ns/one: the API server answered 403 (not yours).",
            id="forbidden",
        ),
    ],
)
def test_a_failure_is_said_once_and_tried_again(caplog, answer, message):
    world = World(STREAMING)
    world.source.answer = answer
    with caplog.at_level(logging.WARNING):
        world.turns(20)
    attempts = len(world.source.calls)
    world.source.answer = None

    world.turns(10)

    assert caplog.messages == [message]
    assert attempts == 4
    assert world.source.status["adapter"] == STREAMING.to_object()


def test_a_report_that_can_never_be_kept_is_not_written_for_ever():
    world = World(STREAMING)

    for _ in range(3600):
        world.turns(1)
        world.source.status = {}

    writes = [method for method, _ in world.source.calls if method == "PATCH"]
    assert len(writes) == 1 + 4 + 5
