"""When a sink that takes nothing is told to the source."""

import pytest

from adapter.telemetry.report import Report
from adapter.telemetry.trouble import PATIENCE_SECONDS, Trouble

STREAMING = Report(streaming=True, reason="Streaming", message="Reading.", refused_events=2)


def test_a_sink_without_trouble_changes_nothing():
    assert Trouble(sink="sink").added_to(STREAMING, 1e9) == STREAMING


def test_trouble_is_told_once_it_has_lasted():
    trouble = Trouble(sink="sink").after("status 502", 100).after("status 502", 130)
    told = Report(
        streaming=False,
        reason="SinkFailing",
        message="The sink does not take events (status 502). Nothing is skipped: they are retried. "
        "Look at the sink.",
        refused_events=2,
    )

    assert trouble.added_to(STREAMING, 100 + PATIENCE_SECONDS - 1) == STREAMING
    assert trouble.added_to(STREAMING, 100 + PATIENCE_SECONDS) == told


def test_a_sink_that_fails_now_this_way_and_now_that_is_news_once_a_minute():
    trouble = Trouble(sink="sink")
    shows = []
    for second in range(181):
        trouble = trouble.after(f"status {502 + second % 2}", second)
        shows.append(trouble.shows)

    assert [second for second in range(1, 181) if shows[second] != shows[second - 1]] == [61, 122]


@pytest.mark.parametrize(
    "report",
    [
        pytest.param(Report(), id="nothing is known yet"),
        pytest.param(
            Report(streaming=False, reason="LoginRefused", message="Wrong."), id="not logged in"
        ),
    ],
)
def test_what_keeps_events_from_being_read_goes_first(report):
    assert Trouble(sink="sink").after("status 503", 0).added_to(report, 1000) == report
