"""Keys that were passed over."""

from hypothesis import given
from hypothesis import strategies as st

from adapter.events.keys import key_of, steps
from adapter.reading.holes import MOST, Holes

LAST = 2**31 - 1


@given(
    start=st.one_of(st.integers(1, 100), st.integers(LAST - 50, LAST)),
    steps=st.lists(st.integers(1, 5), min_size=1, max_size=20),
    filled=st.sets(st.integers(0, 120)),
)
def test_what_lies_between_keys_is_a_hole_until_it_is_filled(start, steps, filled):
    """A model: numbers that do not wrap."""
    holes, read, last = Holes(), {start}, start
    for step in steps:
        holes.step(key_of(last), key_of(last + step))
        last += step
        read.add(last)
    filled = {start + number for number in filled}
    for key in filled:
        holes.fill(key_of(key))

    missing = set(range(start, last)) - read - filled

    assert {key for key in range(start - 5, last + 5) if key_of(key) in holes} == missing
    assert {key_of(key) for span in holes.spans for key in keys(span)} == set(map(key_of, missing))


def keys(span):
    return range(span[0], span[0] + steps(*span) + 1)


def test_only_the_last_holes_are_remembered():
    holes = Holes()
    for key in range(1, 2 * MOST + 5, 2):
        holes.step(key, key + 2)

    assert 2 not in holes
    assert 6 in holes


def test_keys_that_come_again_are_no_holes_any_more():
    holes = Holes([(2, 3), (5, 9), (11, 12)])

    holes.begin_anew(7)

    assert holes.spans == ((2, 3), (5, 6))


def test_what_was_searched_for_is_still_a_hole():
    holes = Holes([(3, 5)])

    holes.searched()
    assert not holes.unsearched
    assert 4 in holes

    holes.step(8, 10)
    assert holes.unsearched
