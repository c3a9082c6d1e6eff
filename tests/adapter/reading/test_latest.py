"""Reading where there are only the newest events."""

import datetime as dt

import pytest

from adapter.events.gap import Cause
from adapter.reading import latest
from adapter.reading.place import Place


@pytest.fixture
def place(noon, make_event):
    place = Place(begin=noon, time=noon)
    place.advance([make_event(key, at=key) for key in (1, 2, 3)])
    return place


def test_news_is_what_was_not_read_in_order(place, make_event):
    page = [make_event(key, at=at) for key, at in ((5, 6), (3, 3), (6, 6), (4, 5), (2, 2))]

    assert [event.key for event in latest.news(page, place)] == [4, 5, 6]


def test_what_was_before_the_begin_is_not_news_unless_it_came_late(place, make_event):
    late = make_event(9, at=-20)

    assert latest.news([make_event(0, at=-20), late], place) == [late]


@pytest.mark.parametrize(
    ("page", "full", "expected"),
    [
        pytest.param([(4, 4), (3, 3)], True, None, id="what was read last is there"),
        pytest.param([(4, 4), (5, 5)], True, None, id="it follows what was read last"),
        pytest.param([(9, 9), (8, 8)], True, (0, 5), id="a full page of later ones"),
        pytest.param([(9, 9), (8, 8)], False, (0, 5), id="what was read last is gone"),
        pytest.param([], False, None, id="nothing at all"),
    ],
)
def test_events_between_two_looks_are_missing(place, make_event, page, full, expected):
    found = latest.overrun([make_event(key, at=at) for key, at in page], place, full=full)

    span = found and tuple((time - place.time).total_seconds() for time in (found.start, found.end))
    assert span == expected
    assert found is None or found.cause is Cause.PAGE_OVERRUN


@pytest.mark.parametrize(
    ("full", "missing"), [(True, True), (False, False)], ids=["a full page", "a short page"]
)
def test_before_anything_was_read_only_a_full_page_hides_events(noon, make_event, full, missing):
    place = Place(begin=noon, time=noon)

    found = latest.overrun([make_event(9, at=1)], place, full=full)

    assert (found is not None) == missing
    assert found is None or found.end == noon + dt.timedelta(seconds=1)
