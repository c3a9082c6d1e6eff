"""What the adapter tells about itself."""

import datetime as dt
import logging

import pytest

from adapter.sending.outcome import Answer, Verdict
from adapter.telemetry.monitor import Monitor
from adapter.telemetry.report import Gap, Refusal, Report
from adapter.telemetry.trouble import PATIENCE_SECONDS

BUSY = Answer(status=503, body=b"secret of the sink")
DOWN = Answer(error="Connection refused")
IDLE = {"unsettled": 0, "in_flight": 0, "oldest": None, "full": False}


class World:
    """A monitor whose clocks are set by hand."""

    def __init__(self, noon, measured):
        self.now, self.measured = 0.0, measured
        self.monitor = Monitor(clock=lambda: self.now, now=lambda: noon.timestamp() + self.now)

    def value(self, name, **labels):
        return self.measured(self.monitor.metrics, name, **labels)

    def values(self, *names):
        return [self.value(name) for name in names]


@pytest.fixture
def world(noon, measured):
    return World(noon, measured)


@pytest.fixture
def monitor(world):
    return world.monitor


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.INFO, "adapter")
    return caplog


def test_at_first_nothing_is_known(world, monitor):
    assert monitor.report == Report(
        streaming=None, reason="Starting", message="The adapter has not logged in yet."
    )
    assert world.value("streaming") == 0


def test_a_change_of_the_stream_is_logged_once(monitor, log):
    for _ in range(3):
        monitor.interrupted("Unreachable", "vc cannot be reached.")
    for _ in range(3):
        monitor.flowing("Reading.")
    monitor.interrupted("Unreachable", "vc cannot be reached.")

    assert [(record.levelname, record.message, record.reason) for record in log.records] == [
        ("ERROR", "Unreachable: vc cannot be reached.", "Unreachable"),
        ("INFO", "Streaming: Reading.", "Streaming"),
        ("ERROR", "Unreachable: vc cannot be reached.", "Unreachable"),
    ]
    assert monitor.report == Report(
        streaming=False, reason="Unreachable", message="vc cannot be reached."
    )


def test_the_stream_is_measured(world, monitor):
    monitor.flowing("Reading.")
    flowing = world.value("streaming")
    monitor.interrupted("Unreachable", "vc cannot be reached.")
    monitor.interrupted("Unreachable", "vc cannot be reached.")

    assert (flowing, world.value("streaming")) == (1, 0)
    assert world.value("interruptions_total", reason="Unreachable") == 2


def test_logins_and_sessions_are_counted(world, monitor):
    monitor.interrupted("LoginRefused", "Wrong password.")
    monitor.interrupted("LoginRefused", "Wrong password.")
    monitor.logged_in()
    first = world.values("sessions", "reconnects_total")
    monitor.logged_out()
    monitor.interrupted("SessionExpired", "vc ended the session.")
    between = world.values("sessions", "reconnects_total")
    monitor.logged_in()

    assert (first, between) == ([1, 0], [0, 0])
    assert world.values("sessions", "reconnects_total") == [1, 1]
    assert world.value("logins_total", result="success") == 2
    assert world.value("logins_total", result="failure") == 2


def test_the_one_way_of_watching_is_marked(world, monitor):
    monitor.watching("long poll")
    monitor.watching("short poll")

    modes = ("long poll", "short poll", "latest page")
    assert [world.value("watching", mode=mode) for mode in modes] == [0, 1, 0]


def test_events_are_counted_on_their_way(world, monitor, make_event, noon):
    world.now = 60.0
    monitor.read(7)
    monitor.skipped(2)
    monitor.delivered(make_event(1, at=58), 0.5)
    monitor.retried(make_event(2), BUSY, 0.2)
    monitor.dead_letter_failing(make_event(3), BUSY, 0.2)
    monitor.turned(unsettled=3, in_flight=2, oldest=noon, full=False)

    counts = ("events_read_total", "events_skipped_total")
    failures = ("send_failures_total", "dead_letter_failures_total")
    times = ("send_duration_seconds_sum", "delivery_latency_seconds_sum", "lag_seconds")
    assert world.values(*counts) == [7, 2]
    assert world.values(*failures) == [1, 1]
    assert world.values("events_unsettled", "events_in_flight") == [3, 2]
    assert world.values(*times) == [0.5, 2.0, 60.0]


def test_a_failure_is_logged_if_none_was_for_a_minute(world, monitor, log, make_event):
    """However many there are: a sink that fails on and off is not worth a line each time."""
    for second in (0, 30, 80, 140, 150):
        world.now = second
        monitor.retried(make_event(second), BUSY, 0.2)
        monitor.delivered(make_event(second), 0.1)
    monitor.dead_letter_failing(make_event(7), DOWN, 0.4)

    what = "did not take event"
    assert [(record.message, record.code) for record in log.records] == [
        (f"The sink {what} 0 (VmEvent): status 503, next attempt in 0.2 s.", 503),
        (f"The sink {what} 140 (VmEvent): status 503, next attempt in 0.2 s.", 503),
        (f"The dead-letter sink {what} 7 (VmEvent): Connection refused, next attempt in 0.4 s.", 0),
    ]


@pytest.mark.parametrize("sink", ["sink", "dead-letter sink"])
def test_a_sink_that_takes_nothing_for_a_minute_is_told_until_it_does(world, log, make_event, sink):
    monitor, event = world.monitor, make_event(1)
    fail = {"sink": monitor.retried, "dead-letter sink": monitor.dead_letter_failing}[sink]
    monitor.flowing("Reading.")
    fail(event, BUSY, 0.2)
    before = monitor.report.stream
    log.clear()
    world.now = PATIENCE_SECONDS
    for _ in range(2):
        monitor.turned(**IDLE)
    during, streaming = monitor.report, world.value("streaming")
    if sink == "sink":
        monitor.delivered(event, 0.1)
    else:
        monitor.dead_lettered(event, BUSY)

    told = (
        f"The {sink} does not take events (status 503). Nothing is skipped: they are retried. "
        f"Look at the {sink}."
    )
    assert before == monitor.report.stream == (True, "Streaming", "Reading.")
    assert (during.stream, streaming) == ((False, "SinkFailing", told), 0)
    assert [(record.levelname, record.message) for record in log.records][:2] == [
        ("ERROR", f"SinkFailing: {during.said}"),
        ("INFO", f"The {sink} takes events again."),
    ]
    assert log.records[0].reason == "SinkFailing"


def test_what_one_sink_takes_says_nothing_of_the_other(world, monitor, make_event):
    monitor.flowing("Reading.")
    monitor.retried(make_event(1), BUSY, 0.2)
    monitor.dead_letter_failing(make_event(2), BUSY, 0.2)
    world.now = PATIENCE_SECONDS
    monitor.dead_lettered(make_event(2), BUSY)

    assert monitor.report.message.startswith("The sink does not take events")


def test_where_both_sinks_fail_the_one_that_holds_events_up_is_reported(world, monitor, make_event):
    monitor.flowing("Reading.")
    monitor.retried(make_event(1), DOWN, 0.2)
    monitor.dead_letter_failing(make_event(1), BUSY, 0.2)
    world.now = PATIENCE_SECONDS

    assert monitor.report.message.startswith("The dead-letter sink does not take events")


def test_an_event_that_is_held_up_stops_the_stream_only_with_the_window(world, monitor, make_event):
    monitor.flowing("Reading.")
    monitor.retried(make_event(1), BUSY, 30.0)
    world.now = PATIENCE_SECONDS
    monitor.delivered(make_event(2), 0.1)
    monitor.turned(**IDLE)
    flowing = monitor.report
    monitor.turned(**IDLE | {"full": True})

    assert flowing.streaming
    assert flowing.held_up.endswith("What must follow it waits.")
    assert monitor.report.held_up.endswith("no more events are read.")


@pytest.mark.parametrize(
    ("verdict", "report"),
    [
        pytest.param(
            Verdict.REFUSED,
            Report(refused_events=1, last_refused=Refusal(id="7", type="VmEvent", code=503)),
            id="refused",
        ),
        pytest.param(Verdict.GIVEN_UP, Report(), id="given up"),
    ],
)
def test_a_loss_is_counted_and_a_refusal_reported(world, make_event, verdict, report):
    world.monitor.lost(verdict, make_event(7), BUSY)

    assert world.monitor.report == report
    assert world.value("events_settled_total", outcome=verdict.value) == 1


def test_a_loss_is_logged_with_what_identifies_it(monitor, log, make_event):
    monitor.lost(Verdict.GIVEN_UP, make_event(7), BUSY)

    [record] = log.records
    assert (record.levelname, record.message) == (
        "ERROR",
        "The sink did not take event 7 (VmEvent): status 503, given up.",
    )
    assert (record.event_id, record.event_type, record.code) == ("7", "VmEvent", 503)


def test_a_dead_letter_is_logged_and_reported(world, monitor, log, make_event):
    for key in (7, 8):
        monitor.dead_lettered(make_event(key), DOWN)

    assert log.messages[0] == (
        "The dead-letter sink has event 7 (VmEvent): the sink did not take it, Connection refused."
    )
    assert monitor.report == Report(
        dead_lettered_events=2, last_dead_lettered=Refusal(id="8", type="VmEvent", code=0)
    )
    assert world.value("events_settled_total", outcome="dead_lettered") == 2


def test_a_stall_is_logged_and_reported(world, monitor, log):
    monitor.stalled("vc hid events.")

    assert log.messages == ["vc hid events."]
    assert monitor.report == Report(stalls=1)
    assert world.value("stalls_total") == 1


def test_a_gap_is_logged_and_reported(world, monitor, log, noon):
    gap = Gap(start=noon, end=noon + dt.timedelta(hours=1), cause="It forgot them.")
    monitor.gap(gap.start, gap.end, gap.cause)

    [record] = log.records
    assert (record.levelname, record.message) == (
        "WARNING",
        "Events from 2026-11-22T12:00:00Z to 2026-11-22T13:00:00Z may be missing. It forgot them.",
    )
    assert monitor.report == Report(gaps=1, last_gap=gap)
    assert world.value("gaps_total") == 1


def test_what_is_left_at_the_end_is_counted_and_logged_in_one_line(monitor, log, measured):
    monitor.left(436)

    assert measured(monitor.metrics, "events_settled_total", outcome="given_up") == 436
    assert log.messages == ["The adapter ends: 436 events that no sink has taken are given up."]


def test_the_checkpoint_is_measured_and_its_trouble_logged_once(world, monitor, log, noon):
    monitor.saved(noon)
    for _ in range(2):
        monitor.not_saved("The disk is full.")
    monitor.saved(noon)
    monitor.not_saved("The disk is full.")
    world.now = 5.0

    assert log.messages == ["The disk is full."] * 2
    assert world.values("checkpoint_age_seconds", "checkpoint_failures_total") == [5.0, 3]


def test_the_way_of_an_event_can_be_followed_closely(monitor, log, make_event, noon):
    log.set_level(logging.DEBUG, "adapter")
    monitor.watching("long poll")
    monitor.read(2)
    monitor.skipped(1)
    monitor.retried(make_event(7), BUSY, 1.25)
    monitor.delivered(make_event(7), 0.5)
    monitor.saved(noon)

    assert log.messages == [
        "New events are noticed by long poll.",
        "Read 2 events.",
        "Skipped 1 events that were known already.",
        "The sink did not take event 7 (VmEvent): status 503, next attempt in 1.2 s.",
        "Event 7 (VmEvent) was delivered.",
        "The checkpoint is at 2026-11-22T12:00:00Z.",
    ]


def test_no_log_holds_what_the_sink_said(monitor, log, make_event):
    log.set_level(logging.DEBUG, "adapter")
    for event in map(make_event, range(3)):
        monitor.retried(event, BUSY, 1.0)
        monitor.dead_letter_failing(event, BUSY, 1.0)
        monitor.dead_lettered(event, BUSY)
        monitor.lost(Verdict.REFUSED, event, BUSY)

    assert "secret" not in "".join(str(vars(record)) for record in log.records)
