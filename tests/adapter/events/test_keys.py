"""vCenter's count of its events."""

import pytest

from adapter.events.keys import follows, key_of, steps, within

LAST = 2**31 - 1
FIRST = -(2**31)


@pytest.mark.parametrize(
    ("last", "key", "does"),
    [
        pytest.param(5, 6, True, id="the next"),
        pytest.param(5, 5, False, id="the same"),
        pytest.param(5, 4, False, id="the one before"),
        pytest.param(0, 6, False, id="there is no last one"),
        pytest.param(LAST, FIRST, True, id="the first after the count wrapped"),
        pytest.param(FIRST, LAST, False, id="the last before it wrapped"),
    ],
)
def test_a_key_follows_another(last, key, does):
    assert follows(key, last) is does


@pytest.mark.parametrize(
    ("number", "key"), [(5, 5), (LAST, LAST), (LAST + 1, FIRST), (FIRST - 1, LAST)]
)
def test_the_count_wraps(number, key):
    assert key_of(number) == key


def test_keys_are_so_many_steps_apart():
    assert (steps(3, 5), steps(LAST, FIRST), steps(FIRST, LAST)) == (2, 1, 2**32 - 1)


def test_a_span_holds_the_keys_between_its_ends():
    assert [key for key in range(10) if within((3, 5), key)] == [3, 4, 5]
    assert [key for key in (LAST - 1, LAST, FIRST, FIRST + 1) if within((LAST, FIRST), key)] == [
        LAST,
        FIRST,
    ]
