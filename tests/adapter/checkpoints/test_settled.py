"""What is settled, and what is not, in few runs."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.checkpoints.settled import Run, Settled

START = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def at(second):
    return START + dt.timedelta(seconds=second)


def settled(*events):
    built = Settled()
    for key, second in events:
        built.add(key, at(second))
    return built


@pytest.mark.parametrize(
    ("events", "runs"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(
            [(1, 0), (2, 3), (3, 4)], [Run(1, 3, at(0), at(4))], id="consecutive keys are one run"
        ),
        pytest.param(
            [(1, 5), (2, 0), (3, 4)],
            [Run(1, 3, at(0), at(5))],
            id="whatever order their times have",
        ),
        pytest.param(
            [(1, 0), (3, 1)],
            [Run(1, 1, at(0), at(0)), Run(3, 3, at(1), at(1))],
            id="a key that this user may not see parts them",
        ),
        pytest.param(
            [(7, 0), (8, 1), (7, 60), (8, 61)],
            [Run(7, 8, at(0), at(1)), Run(7, 8, at(60), at(61))],
            id="keys that come again are runs of their own",
        ),
        pytest.param(
            [(2147483647, 0), (-2147483648, 1), (-2147483647, 2)],
            [
                Run(-2147483648, -2147483647, at(1), at(2)),
                Run(2147483647, 2147483647, at(0), at(0)),
            ],
            id="a count that wraps goes on",
        ),
    ],
)
def test_settled_events_are_kept_as_runs(events, runs):
    assert settled(*events).runs() == runs


def test_a_run_ends_where_one_that_is_not_settled_was_read():
    """Keys may have begun anew there: 2 may be an event of the old count, and still open."""
    built = settled((1, 0))
    built.cut()
    built.add(2, at(60))

    assert built.runs() == [Run(1, 1, at(0), at(0)), Run(2, 2, at(60), at(60))]
    assert not built.covers(2, at(0))


def test_what_ended_before_is_forgotten():
    built = settled((1, 0), (2, 10), (4, 5))

    built.forget(at(6))

    assert built.runs() == [Run(1, 2, at(0), at(10))]


def test_what_is_beyond_a_key_is_not_forgotten():
    built = settled((1, 0), (4, 5))

    built.forget(at(60), up_to=3)

    assert built.runs() == [Run(4, 4, at(5), at(5))]


def test_what_is_handed_out_does_not_grow():
    built = settled((1, 0))
    handed_out = built.runs()

    built.add(2, at(1))

    assert handed_out == [Run(1, 1, at(0), at(0))]


COUNTS = st.lists(
    st.lists(
        st.tuples(st.integers(-3, 12), st.booleans()), max_size=12, unique_by=lambda one: one[0]
    ),
    max_size=4,
)
"""One count of keys after the other: keys as they are read, and whether each is settled."""


@given(counts=COUNTS, recalled=st.booleans())
def test_exactly_the_settled_events_are_covered(counts, recalled):
    """However often keys begin anew."""
    built, truth = Settled(), {}
    for number, count in enumerate(counts):
        for place, (key, is_settled) in enumerate(count):
            created = at(1000 * number + place)
            truth[key, created] = is_settled
            if is_settled:
                built.add(key, created)
            else:
                built.cut()
    if recalled:
        built = Settled(built.runs())

    assert {event: built.covers(*event) for event in truth} == truth


@given(
    runs=st.lists(
        st.builds(
            Run, st.integers(0, 9), st.integers(0, 9), st.just(at(0)), st.integers(0, 9).map(at)
        ),
        max_size=9,
    ),
    key=st.integers(-1, 10),
    second=st.integers(-1, 10),
)
def test_runs_of_a_checkpoint_cover_what_they_say_and_no_more(runs, key, second):
    """Also where they lie across each other, as somebody's edit may have them."""
    covered = Settled(runs).covers(key, at(second))

    assert covered is any(run.covers(key, at(second)) for run in runs)
