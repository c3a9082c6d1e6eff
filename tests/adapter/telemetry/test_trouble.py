"""When a sink that takes nothing, or not one event, is told to the source."""

import pytest

from adapter.sending.outcome import Answer, Verdict
from adapter.telemetry.report import LONGEST_KIND, Report
from adapter.telemetry.trouble import PATIENCE_SECONDS, Trouble

STREAMING = Report(streaming=True, reason="Streaming", message="Reading.", refused_events=2)
BUSY = Answer(status=503)


@pytest.fixture
def trouble():
    return Trouble(sink="sink")


@pytest.fixture
def fail(trouble, make_event):
    """Let the sink fail with an event, at a second."""

    def fail(key, second, answer=BUSY, verdict=Verdict.RETRY):
        return trouble.failed(make_event(key), answer, verdict, second)

    return fail


def told(trouble, second, *, full=False):
    return trouble.added_to(STREAMING, second, full=full)


def test_a_sink_without_trouble_changes_nothing(trouble):
    assert told(trouble, 1e9, full=True) == STREAMING


def test_a_sink_that_takes_nothing_is_told_after_a_minute(trouble, fail):
    for second in (100, 130):
        fail(1, second)

    assert told(trouble, 100 + PATIENCE_SECONDS - 1) == STREAMING
    assert told(trouble, 100 + PATIENCE_SECONDS) == Report(
        streaming=False,
        reason="SinkFailing",
        message="The sink does not take events (status 503). Nothing is skipped: they are retried. "
        "Look at the sink.",
        held_up="Event 1 (VmEvent) is held up: the sink has not taken it for a minute (status 503)."
        " What must follow it waits.",
        refused_events=2,
    )


def test_a_sink_that_fails_on_and_off_is_never_told(trouble, fail, make_event):
    for second in range(0, 600, 20):
        fail(second, second)
        assert told(trouble, second + 10) == STREAMING
        trouble.took(make_event(second))


@pytest.mark.parametrize(
    ("full", "then"),
    [
        pytest.param(False, "waits.", id="while others flow"),
        pytest.param(
            True,
            "waits, and as the window is full, no more events are read.",
            id="until the window is full",
        ),
    ],
)
def test_an_event_that_fails_for_long_is_told_in_its_own_words(
    trouble, fail, make_event, full, then
):
    fail(1, 0)
    fail(2, 1)
    fail(1, 50, Answer(status=502))
    trouble.took(make_event(3))

    report = told(trouble, 70, full=full)
    assert report.stream == STREAMING.stream
    assert report.said == (
        "Reading. Event 1 (VmEvent) is held up: the sink has not taken it for a minute "
        f"(status 502). What must follow it {then}"
    )


def test_an_event_that_is_held_up_is_told_until_it_is_done_with(trouble, fail, make_event):
    for key in (1, 2, 3):
        fail(key, 0)
    trouble.took(make_event(1))
    others = told(trouble, 60).held_up
    fail(2, 70, verdict=Verdict.GIVEN_UP)
    fail(3, 70, verdict=Verdict.DEAD_LETTER)
    trouble.took(make_event(4))

    assert others.startswith("Event 2 ")
    assert told(trouble, 80) == STREAMING


def test_a_type_that_is_too_long_for_a_status_is_cut(trouble, make_event):
    trouble.failed(make_event(1, kind="T" * 1000), BUSY, Verdict.RETRY, 0)

    assert f" ({LONGEST_KIND * 'T'}) " in told(trouble, 60).held_up


@pytest.mark.parametrize(
    ("verdict", "then"),
    [
        pytest.param(Verdict.GIVEN_UP, "They are given up.", id="given up"),
        pytest.param(Verdict.DEAD_LETTER, "They go to the dead-letter sink.", id="dead letters"),
    ],
)
def test_what_is_not_tried_again_counts_as_much(trouble, fail, verdict, then):
    fail(1, 0, verdict=verdict)
    idle = told(trouble, 1000)
    fail(2, 1000, verdict=verdict)

    assert idle == STREAMING
    assert told(trouble, 1000).message == (
        f"The sink does not take events (status 503). {then} Look at the sink."
    )


@pytest.mark.parametrize("verdict", [Verdict.REFUSED, Verdict.DEAD_LETTER])
def test_what_a_sink_refuses_says_nothing_against_it(trouble, fail, verdict):
    for second in (0, 1000):
        assert not fail(1, second, Answer(status=422), verdict)

    assert told(trouble, 1000) == STREAMING


def test_a_sink_that_fails_now_this_way_and_now_that_is_news_once_a_minute(trouble, fail):
    shows = []
    for second in range(241):
        fail(1, second, Answer(status=502 + second % 7))
        shows.append(told(trouble, second).message)

    changes = [second for second in range(1, 241) if shows[second] != shows[second - 1]]
    assert changes == [60, 120, 180, 240]


def test_a_failure_is_news_if_none_was_for_a_minute(fail):
    assert [second for second in (0, 59, 118, 178, 179) if fail(1, second)] == [0, 178]


@pytest.mark.parametrize(
    "report",
    [
        pytest.param(Report(), id="nothing is known yet"),
        pytest.param(
            Report(streaming=False, reason="LoginRefused", message="Wrong."), id="not logged in"
        ),
    ],
)
def test_what_keeps_events_from_being_read_goes_first(trouble, fail, report):
    fail(1, 0)

    assert trouble.added_to(report, 1000, full=True) == report
