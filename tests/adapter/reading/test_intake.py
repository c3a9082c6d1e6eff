"""What was read goes on its way, once."""

import datetime as dt

import pytest

from adapter.events.event import XML, Encoder
from adapter.events.gap import Cause, Gap
from adapter.reading.intake import Intake
from adapter.reading.place import Place
from adapter.telemetry.monitor import Monitor

SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def offered():
    return []


@pytest.fixture
def intake(noon, offered):
    return Intake(
        encoder=Encoder(source="s", api_version="8", encoding=XML, extensions={}),
        place=Place(begin=noon, time=noon),
        monitor=Monitor(),
        flowing=lambda: None,
        offer=lambda events: offered.extend(events) or len(events),
    )


def burst(intake, start, end):
    """What tells of a burst between these times."""
    gap = Gap(start=start, end=end, cause=Cause.BURST_COMPRESSED, message="", mark=9)
    return intake.encoder.notice(gap, created=end)


def test_what_was_read_before_is_neither_new_nor_told_again(
    intake, offered, make_event, noon, measured
):
    page = [make_event(1, at=1), burst(intake, noon, noon + SECOND), make_event(2, at=1)]

    assert intake.take(page)
    assert not intake.take(page)

    assert offered == page
    names = ("events_read_total", "events_skipped_total", "gaps_total")
    assert [measured(intake.monitor.metrics, name) for name in names] == [4, 3, 1]


def test_of_a_page_that_is_partly_known_the_rest_is_new(intake, offered, make_event):
    first, second = make_event(1, at=1), make_event(2, at=2)
    intake.take([first])

    assert intake.take([first, second])
    assert offered == [first, second]


@pytest.mark.parametrize(
    ("watched", "start", "told"),
    [
        pytest.param(None, 0, 1, id="reading goes by what vCenter has kept"),
        pytest.param(1, 0, 1, id="it began before reading did"),
        pytest.param(0, 0, 0, id="it was read as it happened"),
        pytest.param(0, 5, 1, id="nobody knows when it began"),
    ],
)
def test_a_burst_is_told_unless_it_was_read_as_it_happened(intake, offered, watched, start, told):
    noon = intake.place.begin
    intake.watched = None if watched is None else noon + watched * SECOND

    intake.take([burst(intake, noon + start * SECOND, noon + 5 * SECOND)])

    assert [not event.needless for event in offered] == [bool(told)]


def test_what_is_not_taken_at_a_stop_is_still_to_be_read(intake, make_event, noon):
    intake.take([make_event(5), make_event(7, at=1)])
    intake.offer = lambda _: 1

    assert intake.take([make_event(8, at=2), make_event(6, at=-3600)])

    hour_ago = noon - 3600 * SECOND
    assert [key for key in range(5, 10) if intake.place.misses(key, hour_ago)] == [6, 9]
