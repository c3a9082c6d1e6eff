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


class World:
    """A monitor whose clocks are set by hand."""

    def __init__(self, noon):
        self.now = 0.0
        self.monitor = Monitor(clock=lambda: self.now, now=lambda: noon.timestamp() + self.now)

    def value(self, name, **labels):
        return self.monitor.metrics.registry.get_sample_value(f"vsphere_source_{name}", labels)

    def values(self, *names):
        return [self.value(name) for name in names]


@pytest.fixture
def world(noon):
    return World(noon)


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
    monitor.turned(unsettled=3, in_flight=2, oldest=noon)

    counts = ("events_read_total", "events_skipped_total")
    failures = ("send_failures_total", "dead_letter_failures_total")
    times = ("send_duration_seconds_sum", "delivery_latency_seconds_sum", "lag_seconds")
    assert world.values(*counts) == [7, 2]
    assert world.values(*failures) == [1, 1]
    assert world.values("events_unsettled", "events_in_flight") == [3, 2]
    assert world.values(*times) == [0.5, 2.0, 60.0]


def test_trouble_with_the_sink_is_logged_once_and_so_is_its_end(monitor, log, make_event):
    for _ in range(3):
        monitor.retried(make_event(1), BUSY, 0.2)
    for _ in range(2):
        monitor.recovered()

    assert log.messages == [
        "The sink does not take events (status 503). Nothing is skipped: they are retried.",
        "The sink takes events again.",
    ]


def test_trouble_with_the_dead_letter_sink_is_told_apart(monitor, log, make_event):
    monitor.retried(make_event(1), DOWN, 0.2)
    monitor.dead_letter_failing(make_event(1), BUSY, 0.2)
    monitor.recovered()

    patience = "Nothing is skipped: they are retried."
    assert log.messages == [
        f"The sink does not take events (Connection refused). {patience}",
        f"The dead-letter sink does not take events (status 503). {patience}",
        "The dead-letter sink takes events again.",
        "The sink takes events again.",
    ]


def test_another_trouble_with_the_sink_is_news_after_a_minute(world, monitor, log, make_event):
    monitor.retried(make_event(1), BUSY, 0.2)
    monitor.retried(make_event(1), DOWN, 0.4)
    world.now += 60
    monitor.retried(make_event(1), DOWN, 0.4)

    assert len(log.messages) == 2
    assert log.messages[1].startswith("The sink does not take events (Connection refused).")


def test_a_sink_that_fails_for_long_is_reported_until_it_takes_events_again(
    world, monitor, make_event
):
    monitor.flowing("Reading.")
    monitor.retried(make_event(1), BUSY, 0.2)
    before = monitor.report
    world.now = PATIENCE_SECONDS
    during = monitor.report.reason, world.value("streaming")
    monitor.recovered()

    assert (
        before == monitor.report == Report(streaming=True, reason="Streaming", message="Reading.")
    )
    assert during == ("SinkFailing", 0)


def test_where_both_sinks_fail_the_one_that_holds_events_up_is_reported(world, monitor, make_event):
    monitor.flowing("Reading.")
    monitor.retried(make_event(1), DOWN, 0.2)
    monitor.dead_letter_failing(make_event(1), BUSY, 0.2)
    world.now = PATIENCE_SECONDS

    assert monitor.report.message.startswith("The dead-letter sink does not take events")


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

    assert [record.message for record in log.records if record.levelno == logging.DEBUG] == [
        "New events are noticed by long poll.",
        "Read 2 events.",
        "Skipped 1 events that were known already.",
        "Event 7: the sink: status 503; next attempt in 1.2 s.",
        "Event 7 (VmEvent) was delivered.",
        "The checkpoint is at 2026-11-22 12:00:00+00:00.",
    ]


def test_no_log_holds_what_the_sink_said(monitor, log, make_event):
    log.set_level(logging.DEBUG, "adapter")
    for event in map(make_event, range(3)):
        monitor.retried(event, BUSY, 1.0)
        monitor.dead_letter_failing(event, BUSY, 1.0)
        monitor.dead_lettered(event, BUSY)
        monitor.lost(Verdict.REFUSED, event, BUSY)

    assert "secret" not in "".join(str(vars(record)) for record in log.records)
