"""How far reading has come."""

import dataclasses
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.checkpoints.checkpoint import NEVER
from adapter.checkpoints.settled import Run, Settled
from adapter.events.event import XML, Encoder
from adapter.events.gap import Cause, Gap
from adapter.reading.place import Place

LAST = 2**31 - 1


@pytest.fixture
def place(noon):
    return Place(begin=noon - dt.timedelta(seconds=10), time=noon, key=5)


@pytest.mark.parametrize(
    ("before", "read", "after"),
    [
        pytest.param((5, 0), [(6, 1), (7, 2)], (7, 2), id="to the last event"),
        pytest.param((5, 60), [(6, 0)], (6, 60), id="not back with a late event"),
        pytest.param(
            (5, 90),
            [(key, key) for key in range(6, 26)],
            (25, 25),
            id="on to the clock that was set back",
        ),
        pytest.param((5, 60), [(6, 0), (7, 61)], (7, 61), id="on after a late event"),
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

    assert all(place.knows(event) for event in events)
    assert not place.knows(make_event(6))


def test_a_notice_is_known_but_no_place(place, noon):
    missing = Gap(start=noon, end=noon, cause=Cause.EVENT_UNREADABLE, message="", mark=9)
    notice = Encoder(source="s", api_version="8", encoding=XML, extensions={}).notice(missing)

    before = place.begin = noon - dt.timedelta(hours=1)
    place.advance([notice])

    assert place.knows(notice)
    assert place.knows(dataclasses.replace(notice, created=noon + dt.timedelta(seconds=9)))
    assert (place.key, place.time, place.begin) == (5, noon, before)


def test_what_is_told_as_missing_is_passed(place, noon):
    place.skip(noon + dt.timedelta(hours=1))

    assert (place.key, place.time) == (0, noon + dt.timedelta(hours=1))


@pytest.mark.parametrize(
    ("key", "at", "missed"),
    [
        pytest.param(6, 1, True, id="the next"),
        pytest.param(9, -3600, True, id="a later key, however late it comes"),
        pytest.param(1, 60, True, id="a key that begins anew, at a later time"),
        pytest.param(5, 0, False, id="what was read"),
        pytest.param(4, -60, False, id="an older one"),
    ],
)
def test_by_time_or_by_key_it_is_told_what_is_to_be_read(place, make_event, key, at, missed):
    place.advance([make_event(5)])

    assert place.misses(key, place.time + dt.timedelta(seconds=at)) is missed


@pytest.mark.parametrize(
    ("left", "missed"), [(7, [8]), (0, [])], ids=["those up to a key", "all for their keys"]
)
def test_what_was_before_the_begin_may_be_left(noon, left, missed):
    place = Place(begin=noon, time=noon - dt.timedelta(hours=1), key=5)

    place.leave(left)

    before = noon - dt.timedelta(minutes=1)
    assert [key for key in (5, 6, 7, 8) if place.misses(key, before)] == missed
    assert place.misses(6, noon)


def test_going_back_in_time_what_was_read_stays_known(place, noon, make_event):
    """However long ago that was."""
    then = noon - dt.timedelta(hours=1)

    place.reach(then)

    assert (place.time, place.begin) == (then, then - dt.timedelta(seconds=10))
    assert place.knows(make_event(5, at=-1))
    assert place.knows(make_event(1, at=-3599))
    assert not place.knows(make_event(6, at=-3600))
    assert not place.knows(make_event(1, at=1))


def test_an_event_of_the_first_year_is_no_crash(place, make_event):
    """Go's zero time."""
    place.advance([dataclasses.replace(make_event(6), created=NEVER)])
    place.reach(NEVER)

    assert place.begin == NEVER


@pytest.fixture
def holed(place, make_event):
    """A place that has passed over 6 and 8."""
    events = [make_event(5), make_event(7, at=1), make_event(9, at=2)]
    place.count(events)
    place.advance(events)
    return place


def test_what_was_passed_over_is_still_to_be_read_however_late_it_is(holed, noon, make_event):
    long_ago = noon - dt.timedelta(days=1)

    assert [key for key in range(4, 11) if holed.misses(key, long_ago)] == [6, 8, 10]

    holed.advance([make_event(8, at=-3600)])
    assert [key for key in range(4, 11) if holed.misses(key, long_ago)] == [6, 10]


def test_what_comes_late_is_no_place_to_go_on_from(holed, make_event):
    before = holed.reached

    # In what is read again from further back, it is not earlier than what is around it.
    holed.reach(holed.time - dt.timedelta(minutes=1))
    reached = holed.reached
    holed.advance([make_event(6, at=-30)])

    assert holed.reached == reached == (before[0], before[1] - dt.timedelta(minutes=1))
    assert not holed.misses(7, holed.begin)


def test_going_back_does_not_make_known_what_was_passed_over(holed, noon, make_event):
    holed.reach(noon - dt.timedelta(hours=1))

    assert [key for key in range(4, 11) if not holed.knows(make_event(key, at=-60))] == [6, 8, 10]


def test_keys_that_begin_anew_leave_no_holes(holed, make_event):
    holed.count([make_event(2, at=60)])

    assert holed.holes.spans == ()


def test_a_gap_that_was_told_leaves_the_holes_before_it(holed, noon, make_event):
    before = holed.holes.spans

    holed.skip(noon + dt.timedelta(hours=1))
    holed.count([make_event(20, at=3601)])

    assert holed.holes.spans == before == ((6, 6), (8, 8))


@pytest.mark.parametrize(
    ("happened", "holes"),
    [
        pytest.param(lambda _place: None, True, id="reading goes on"),
        pytest.param(lambda place: place.skip(place.time), False, id="a gap was told"),
        pytest.param(lambda place: place.leave(0), False, id="reading begins there"),
        pytest.param(lambda place: place.leave(7), True, id="reading begins behind a key"),
    ],
)
def test_where_keys_are_not_counted_there_are_no_holes(place, make_event, happened, holes):
    happened(place)

    place.count([make_event(9, at=60)])

    assert bool(place.holes.spans) is holes


def test_what_a_former_process_had_settled_is_known(noon, make_event):
    run = Run(4, 6, noon, noon + dt.timedelta(seconds=2))
    place = Place(begin=noon, time=noon, key=6, settled=Settled([run]))

    known = [
        (key, at) for key in range(3, 8) for at in range(4) if place.knows(make_event(key, at=at))
    ]

    assert known == [(key, at) for key in (4, 5, 6) for at in (0, 1, 2)]


def test_a_notice_is_not_taken_for_an_event_that_was_read(holed, noon):
    """Its key may be any number."""
    holed.reach(noon)
    encoder = Encoder(source="s", api_version="8", encoding=XML, extensions={})
    gaps = [
        Gap(start=noon, end=noon, cause=cause, message="", mark=7)
        for cause in (Cause.EVENT_UNREADABLE, Cause.BURST_COMPRESSED)
    ]

    assert [holed.knows(encoder.notice(gap)) for gap in gaps] == [False, False]


def test_keys_that_change_places_are_no_new_count(place, make_event):
    events = [make_event(9, at=1), make_event(6, at=2), make_event(7, at=3), make_event(10, at=4)]
    place.count(events)
    place.advance(events)

    assert place.reached == (10, make_event(at=4).created)
    assert place.holes.spans == ((8, 8),)
