"""What the adapter writes into its source's status, and how it keeps it there."""

import datetime as dt
import logging
import threading

import pytest

from adapter.cluster import ApiServerError
from adapter.config import Cluster
from adapter.telemetry.report import EventTypes, Gap, Refusal, Report
from adapter.telemetry.reporter import Reporter

CLUSTER = Cluster(namespace="ns", name="one", source_uid="uid-1", configmap="one-configmap")
PATH = "/apis/sources.tanzu.vmware.com/v1alpha1/namespaces/ns/vspheresources/one"
STREAMING = Report(streaming=True, reason="Streaming", message="Reading.")
NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
SOURCE = "https://vc.example.com/sdk"
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
        self.start()

    def start(self, event_source=SOURCE):
        """Start a process, after another or in its place."""
        self.event_types = EventTypes(source=event_source)
        self.reporter = Reporter(
            api_server=self.source,
            cluster=CLUSTER,
            report=lambda: self.report,
            event_types=self.event_types,
            clock=lambda: self.now,
        )

    def deliver(self, *kinds):
        for kind in kinds:
            self.event_types.delivered(kind, (f"ce-type: {kind}.v0",))

    @property
    def writes(self):
        return len([method for method, _ in self.source.calls if method == "PATCH"])

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
        pytest.param(
            Report(
                streaming=True,
                reason="Streaming",
                message="Reading.",
                dead_lettered_events=3,
                last_dead_lettered=Refusal(id="8", type="VmPoweredOnEvent", code=0),
                gaps=1,
                last_gap=Gap(start=NOON, end=NOON + dt.timedelta(hours=1), cause="It forgot them."),
                stalls=2,
            ),
            {
                "streaming": "True",
                "reason": "Streaming",
                "message": "Reading. Events from 2026-11-22T12:00:00Z to 2026-11-22T13:00:00Z may "
                "be missing. It forgot them.",
                "deadLetteredEvents": 3,
                "lastDeadLettered": {"id": "8", "type": "VmPoweredOnEvent"},
                "gaps": 1,
                "lastGap": {
                    "from": "2026-11-22T12:00:00Z",
                    "to": "2026-11-22T13:00:00Z",
                    "cause": "It forgot them.",
                },
                "stalls": 2,
            },
            id="streaming, with all that may have happened before",
        ),
    ],
)
def test_a_report_is_written_into_the_status_subresource(report, expected):
    world = World(report)

    world.turns(1)

    assert world.source.status == {"adapter": expected}
    assert world.source.calls == [("GET", PATH), ("PATCH", f"{PATH}/status")]


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

    assert world.writes == 1
    # At the start; after 2, 5, 15 and 60 s, then every ten minutes.
    assert len(world.source.calls) - world.writes == 1 + 4 + 5


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
    before = world.writes

    for count in range(1, 31):
        world.report = Report(
            streaming=True,
            reason="Streaming",
            message="Reading.",
            refused_events=count,
            last_refused=Refusal(id=str(count), type="T", code=400),
        )
        world.turns(1)

    assert world.writes - before == 3
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
        *(
            pytest.param(
                (200, answer),
                "The status of the source is not up to date: VSphereSource ns/one: the API server, "
                "or a proxy before it, answered with something else.",
                id=name,
            )
            for name, answer in {
                "no status": {"status": None},
                "the status of a call": {"status": "Success"},
                "text for what was reported": {"status": {"adapter": "x"}},
                "nothing for what was reported": {"status": {"adapter": None}},
            }.items()
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

    assert world.writes == 1 + 4 + 5


def test_types_of_events_are_reported_with_their_source():
    world = World(STREAMING)
    world.deliver("VmPoweredOnEvent", "AlarmCreatedEvent", "VmPoweredOnEvent")

    world.turns(1)

    assert world.source.status["adapter"] == {
        **STREAMING.to_object(),
        "eventSource": SOURCE,
        "eventTypes": ["AlarmCreatedEvent.v0", "VmPoweredOnEvent.v0"],
    }


def test_a_burst_of_new_types_costs_two_writes():
    world = World(STREAMING)
    world.turns(60)
    before = world.writes

    for number in range(60):
        world.deliver(f"Event{number // 10}{number % 10}")
        if number % 10 == 9:
            world.turns(1)
    world.turns(60)

    assert world.source.status["adapter"]["eventTypes"] == [f"Event{n:02}.v0" for n in range(60)]
    assert world.writes - before == 2


def test_events_of_known_types_cost_nothing():
    world = World(STREAMING)
    world.deliver("A")
    world.turns(3600)
    before = len(world.source.calls)

    world.deliver(*["A"] * 1000)
    world.turns(1)

    assert len(world.source.calls) == before


def test_a_restart_goes_on_from_the_types_that_were_reported():
    world = World(STREAMING)
    world.deliver("B")
    world.turns(1)
    world.start()
    world.deliver("A")

    world.turns(1)

    assert world.source.status["adapter"]["eventTypes"] == ["A.v0", "B.v0"]


def test_a_restart_after_which_all_is_as_before_writes_nothing():
    world = World(STREAMING)
    world.deliver("A", "B")
    world.turns(1)
    world.start()
    world.deliver("B")

    world.turns(3600)

    assert world.writes == 1


def test_a_report_that_a_restart_found_and_that_is_lost_then_is_repeated():
    world = World(STREAMING)
    world.turns(1)
    world.start()
    world.turns(1)
    world.source.status = {}

    world.turns(3)

    assert world.source.status["adapter"] == STREAMING.to_object()


def test_nothing_is_written_before_it_is_known_what_was_reported_before():
    """A write would shorten the list."""
    world = World(STREAMING)
    world.deliver("A")
    world.turns(1)
    world.start()
    world.source.answer = (503, {})
    world.turns(1)
    world.source.answer = None

    world.turns(10)

    assert world.source.status["adapter"]["eventTypes"] == ["A.v0"]
    assert world.writes == 1


def test_another_vcenter_is_not_said_to_send_what_the_former_one_sent():
    world = World(STREAMING)
    world.deliver("A")
    world.turns(1)
    world.start("https://other.example.com/sdk")
    world.turns(1)
    before = world.source.status["adapter"]
    world.deliver("B")

    world.turns(10)

    assert before == STREAMING.to_object()
    assert world.source.status["adapter"] == {
        **STREAMING.to_object(),
        "eventSource": "https://other.example.com/sdk",
        "eventTypes": ["B.v0"],
    }


def test_what_waited_for_a_quiet_moment_is_written_at_the_end():
    world = World(STREAMING)
    world.turns(1)
    world.deliver("A")
    world.turns(1)
    ended = threading.Event()
    ended.set()
    before = world.source.status["adapter"]

    world.reporter.run(ended)

    assert before == STREAMING.to_object()
    assert world.source.status["adapter"]["eventTypes"] == ["A.v0"]


def test_an_end_at_which_all_is_written_writes_nothing():
    world = World(STREAMING)
    world.turns(1)
    ended = threading.Event()
    ended.set()
    before = len(world.source.calls)

    world.reporter.run(ended)

    assert len(world.source.calls) == before
