"""When the watchdog looks."""

import math

import pytest

from adapter.reading.watchdog import Watchdog


def watched(*happened):
    """A watchdog that began at 0, after that has *happened*: names and times."""
    dog = Watchdog(began=0.0)
    for name, *times in happened:
        getattr(dog, name)(*times)
    return dog


@pytest.mark.parametrize(
    ("happened", "due"),
    [
        pytest.param([], 60, id="nothing: after a minute"),
        pytest.param([("feed", 50)], 110, id="something was read: a minute later"),
        pytest.param([("looked", 60)], 120, id="a look: a minute later"),
        pytest.param([("doubt", 10)], 15, id="a doubt: soon"),
        pytest.param([("doubt", 10), ("doubt", 14)], 15, id="doubts: soon after the first"),
        pytest.param([("doubt", 10), ("feed", 12)], 72, id="a doubt that was mistaken"),
        pytest.param([("looked", 60), ("doubt", 61)], 120, id="a doubt soon after a look"),
        pytest.param([("looked", 60), ("alarm",)], -math.inf, id="an alarm: at once"),
        pytest.param([("alarm",), ("feed", 70)], 130, id="an alarm that something was read after"),
    ],
)
def test_a_look_is_due(happened, due):
    assert watched(*happened).due == due
