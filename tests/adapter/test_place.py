"""How far reading has come."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.event import XML, Encoder
from adapter.gap import Cause, Gap
from adapter.place import Place

LAST = 2**31 - 1


@pytest.fixture
def place(noon):
    return Place(begin=noon - dt.timedelta(seconds=10), time=noon, key=5)


@pytest.mark.parametrize(
    ("before", "read", "after"),
    [
        pytest.param((5, 0), [(6, 1), (7, 2)], (7, 2), id="to the last event"),
        pytest.param((5, 60), [(6, 0)], (6, 0), id="back when the clock was set back"),
        pytest.param((5, 60), [(1, 61)], (1, 61), id="to keys that begin anew"),
        pytest.param((LAST, 60), [(-(2**31), 61)], (-(2**31), 61), id="to keys that wrap"),
        pytest.param(
            (LAST, 60),
            [(-(2**31), 61), (1 - 2**31, 62), (LAST - 1, 59), (LAST, 60)],
            (1 - 2**31, 62),
            id="not back to keys before they wrapped",
        ),
        pytest.param((5, 60), [(6, 61), (4, 59)], (6, 61), id="not to what was read before"),
    ],
)
def test_a_place_moves(noon, make_event, before, read, after):
    key, at = before
    place = Place(begin=noon, time=noon + dt.timedelta(seconds=at), key=key)

    place.advance([make_event(key, at=at) for key, at in read])

    assert (place.key, place.time) == (after[0], noon + dt.timedelta(seconds=after[1]))
    assert place.begin == place.time - dt.timedelta(seconds=10)


def test_nothing_before_the_floor_is_read(noon, make_event):
    place = Place(begin=noon, time=noon, floor=noon)

    place.advance([make_event(1, at=4)])
    assert place.begin == noon
    place.advance([make_event(2, at=14)])
    assert place.begin == noon + dt.timedelta(seconds=4)


@given(read=st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 3)), min_size=1))
def test_what_was_read_is_known(noon, make_event, read):
    place = Place(begin=noon, time=noon)
    events = [make_event(key, at=at) for key, at in read]

    place.advance(events)

    assert all(place.knows(event.key, event.created) for event in events)
    assert not place.knows(6, noon)


def test_a_notice_is_known_but_no_place(place, noon):
    missing = Gap(start=noon, end=noon, cause=Cause.EVENT_UNREADABLE, message="", mark=9)
    notice = Encoder(source="s", api_version="8", encoding=XML, extensions={}).notice(missing)

    before = place.begin = noon - dt.timedelta(hours=1)
    place.advance([notice])

    assert place.knows(notice.key, notice.created)
    assert (place.key, place.time, place.begin) == (5, noon, before)


def test_what_is_told_as_missing_is_passed(place, noon):
    place.skip(noon + dt.timedelta(hours=1))

    assert (place.key, place.time) == (0, noon + dt.timedelta(hours=1))
