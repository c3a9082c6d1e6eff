import datetime as dt
import math
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standalone.simulator import Feed, History, feeding, inventory

EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
MACHINES = inventory.build(20)
HOUR = dt.timedelta(hours=1)


def feed(rate=1.0, seed=0):
    return Feed(epoch=EPOCH, rate=rate, seed=seed, machines=MACHINES)


def history_at(now, feed, **options):
    """Return what the history holds when a process with *feed* has just started."""
    history = History(**options.pop("history", {}))
    with feeding(history, feed, clock=lambda: now, **options):
        return history.read().records


@given(
    st.floats(min_value=0.01, max_value=1000),
    st.timedeltas(min_value=-HOUR, max_value=dt.timedelta(days=5000)),
)
def test_the_first_event_since_a_moment_is_the_earliest_not_before_it(rate, after):
    n = feed(rate).first(EPOCH + after)

    assert feed(rate).created(n) >= EPOCH + after
    assert n == 0 or feed(rate).created(n - 1) < EPOCH + after


def test_events_happen_at_the_rate_since_the_epoch():
    created = [record.created for record in history_at(EPOCH + HOUR, feed(rate=2), backlog=HOUR)]

    assert created == [EPOCH + dt.timedelta(seconds=n / 2) for n in range(2 * 3600 + 1)]


def test_nothing_has_happened_before_the_epoch():
    assert history_at(EPOCH - HOUR, feed()) == ()


def test_a_restarted_feed_continues_where_it_would_have_been():
    minutes = dt.timedelta(minutes=10)
    first = history_at(EPOCH + HOUR, feed(), backlog=minutes)
    second = history_at(EPOCH + HOUR + minutes, feed(), backlog=2 * minutes)

    assert second[: len(first)] == first
    assert [record.key for record in second] == list(range(3001, 4202))
    assert second[-1].created == EPOCH + HOUR + minutes


def test_another_seed_tells_another_story():
    ours, theirs = (history_at(EPOCH + HOUR, feed(seed=seed)) for seed in (1, 2))

    assert [record.key for record in ours] == [record.key for record in theirs]
    assert ours != theirs


def test_a_backlog_beyond_retention_is_not_made_up():
    records = history_at(
        EPOCH + 10_000 * HOUR, feed(rate=100), backlog=10_000 * HOUR, history={"retention": 50}
    )

    # The key of event 3.6 billion has left the range of 32 bits.
    assert [record.key for record in records] == [
        3_600_000_001 - 2**32 - n for n in range(49, -1, -1)
    ]


def test_events_appear_as_time_passes():
    """The clock jumps when it is looked at the second time, by the thread of the feed."""
    appended = threading.Event()
    moments = iter([EPOCH])

    class Watched(History):
        def append(self, event):
            key = super().append(event)
            if key == 11:
                appended.set()
            return key

    history = Watched()
    with feeding(
        history,
        feed(rate=10),
        clock=lambda: next(moments, EPOCH + dt.timedelta(seconds=1)),
    ):
        assert appended.wait(30)

    assert [record.key for record in history.read().records] == list(range(1, 12))


@pytest.mark.parametrize("rate", [0, -1, math.nan, math.inf])
def test_a_rate_must_be_positive(rate):
    with pytest.raises(ValueError, match="rate") as refused:
        feed(rate)

    assert str(refused.value) == f"rate must be more than 0 events a second, but is {rate}."
