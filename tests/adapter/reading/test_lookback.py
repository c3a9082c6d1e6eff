"""What a session finds missing: never anything on a quiet vCenter."""

import dataclasses
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.checkpoints.checkpoint import NEVER, Begin
from adapter.checkpoints.settled import Run
from adapter.events.gap import Cause
from adapter.reading.lookback import missed

NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def at(minutes):
    return NOON + dt.timedelta(minutes=minutes)


def history(*events):
    """A vCenter that holds *events*: keys, and minutes after noon."""
    held = [(key, at(minutes)) for key, minutes in events]

    def span(begin, end, most):
        return [
            (key, created)
            for key, created in held
            if (begin is None or begin <= created) and (end is None or created <= end)
        ][:most]

    return span


OLD = Begin(time=at(0), since=at(-30), key=7)
"""The checkpoint is older than what is replayed."""
RECENT = Begin(time=at(-1), since=at(0), key=7)


@pytest.mark.parametrize(
    ("begin", "held", "expected"),
    [
        pytest.param(Begin(time=at(0)), [(1, -60)], None, id="no checkpoint: nothing"),
        pytest.param(RECENT, [(7, 0), (8, 1)], None, id="recent, and still there: nothing"),
        pytest.param(RECENT, [(6, -50), (9, 1)], None, id="what precedes it is there: nothing"),
        pytest.param(RECENT, [(8, 1)], None, id="the next event is the first: nothing"),
        pytest.param(
            dataclasses.replace(OLD, until=at(-30), passed_over=((6, 6),)),
            [(5, -40), (6, -20), (7, -30)],
            None,
            id="old, but what is not settled of it will be found: nothing",
        ),
        pytest.param(
            RECENT, [(9, 1)], (0, 1, Cause.HISTORY_REMOVED), id="removed up to a later event"
        ),
        pytest.param(
            RECENT, [(1, 1)], (0, 1, Cause.HISTORY_REMOVED), id="a vCenter that was set up anew"
        ),
        pytest.param(RECENT, [], (0, 5, Cause.HISTORY_REMOVED), id="nothing is left at all"),
        pytest.param(
            Begin(time=at(-1), since=at(0)), [], None, id="no event was there at the time: nothing"
        ),
        pytest.param(
            Begin(time=at(0), since=at(0)),
            [(8, 1)],
            None,
            id="begun then, and nothing was read yet",
        ),
        pytest.param(RECENT, [(7, 0.00001)], None, id="of a time that is finer than ours: nothing"),
        pytest.param(OLD, [(7, -30)], None, id="old, but nothing has happened: nothing"),
        pytest.param(OLD, [(7, -30), (8, 1)], None, id="old, nothing before the begin: nothing"),
        pytest.param(
            OLD,
            [(7, -30), (8, -20), (9, 1)],
            (-30, 0, Cause.CHECKPOINT_TOO_OLD),
            id="old, and something happened",
        ),
        pytest.param(
            Begin(time=at(0), since=at(-30), key=7, acknowledged=(Run(8, 8, at(-29), at(-29)),)),
            [(7, -30), (8, -29)],
            None,
            id="old, and what happened is acknowledged: nothing",
        ),
        pytest.param(
            OLD,
            [(9, -10), (10, 1)],
            (-30, 0, Cause.HISTORY_REMOVED),
            id="old, and partly removed",
        ),
        pytest.param(
            OLD, [(20, 3)], (-30, 3, Cause.HISTORY_REMOVED), id="old, and removed beyond the begin"
        ),
        pytest.param(
            Begin(time=at(0), since=at(-30)),
            [(1, -10)],
            (-30, 0, Cause.CHECKPOINT_TOO_OLD),
            id="old, of a vCenter without events, and one happened",
        ),
        pytest.param(
            Begin(time=at(0), since=at(-30)),
            [(1, 1)],
            None,
            id="old, of a vCenter without events: nothing",
        ),
        pytest.param(
            Begin(time=at(0), since=at(-30)),
            [(90, 1)],
            (-30, 1, Cause.HISTORY_REMOVED),
            id="old, before the first event, and all of then is removed",
        ),
        pytest.param(
            Begin(time=at(0), since=NEVER, key=7),
            [(1, -10)],
            (None, 0, Cause.HISTORY_REMOVED),
            id="Go's zero time",
        ),
        pytest.param(
            Begin(time=at(0), problem="It is broken"),
            [(1, -50), (2, -40)],
            (-50, 0, Cause.CHECKPOINT_UNUSABLE),
            id="unreadable: since the first event",
        ),
        pytest.param(
            Begin(time=at(0), problem="It is broken"),
            [(1, 2)],
            None,
            id="unreadable, but nothing happened before: nothing",
        ),
        pytest.param(
            Begin(time=at(0), problem="It is foreign", since=at(-30)),
            [(1, -50), (2, -20)],
            (-30, 0, Cause.CHECKPOINT_UNUSABLE),
            id="foreign: since its time",
        ),
    ],
)
def test_what_may_be_missing_is(begin, held, expected):
    found = missed(begin, history(*held), now=at(5))

    if expected is None:
        assert found is None
    else:
        start, end, cause = expected
        assert found is not None
        assert (found.start, found.end) == (NEVER if start is None else at(start), at(end))
        assert (found.cause, found.mark) == (cause, begin.key)


@given(
    keys=st.lists(st.integers(-20, 20), min_size=1),
    gone=st.integers(0, 40),
    minutes=st.integers(-60, 60),
)
def test_a_vcenter_in_which_nothing_happens_misses_nothing(keys, gone, minutes):
    """Whatever was removed before the last event that is settled."""
    held = [(key, number - len(keys)) for number, key in enumerate(keys)]
    begin = Begin(time=at(minutes), since=at(-1), key=keys[-1])

    assert missed(begin, history(*held[min(gone, len(held) - 1) :]), now=at(60)) is None
