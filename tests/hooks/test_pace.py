"""How often the status of a binding is written while workloads come and go."""

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks.pace import hold_seconds

NOW = dt.datetime(2026, 5, 1, 12, 0, tzinfo=dt.UTC)
READY = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-05-01T10:00:00Z"}
COUNTED = {"observedGeneration": 3, "bound": 5, "conditions": [READY]}
WAITING = READY | {"status": "Unknown", "reason": "NotYetBound", "message": "Several of 3."}
CLASHING = {"name": "a", "reason": "Clash", "message": "Rename it."}


def stored(status, *, at=NOW, **entry):
    """A binding whose *status* was written then; its spec a moment ago."""
    entries = [
        {"manager": "kubectl", "time": stamp(NOW)},
        {"manager": "metacontroller", "subresource": "status", "time": stamp(at)} | entry,
    ]
    return {"metadata": {"managedFields": entries}, "status": status}


def stamp(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def held(parent, status, *, after):
    return hold_seconds(parent, status, now=NOW + dt.timedelta(seconds=after))


@pytest.mark.parametrize(
    ("before", "status"),
    [
        pytest.param(COUNTED, COUNTED | {"bound": 6}, id="another count"),
        pytest.param(
            COUNTED | {"unbound": [CLASHING]},
            {**COUNTED, "unbound": [CLASHING], "bound": 6},
            id="of some",
        ),
        pytest.param(
            {"observedGeneration": 3, "conditions": [WAITING]},
            {"observedGeneration": 3, "conditions": [WAITING | {"message": "Several of 4."}]},
            id="another count in the words of the message",
        ),
    ],
)
@pytest.mark.parametrize(
    ("after", "seconds"),
    [
        pytest.param(0, 10, id="at once"),
        pytest.param(0.2, 10, id="in whole seconds"),
        pytest.param(9.9, 1, id="shortly before the end"),
        pytest.param(10, 0, id="in the end"),
        pytest.param(-3, 10, id="by a clock that is behind"),
        pytest.param(-3600, 0, id="by a clock that is wrong"),
    ],
)
def test_another_count_is_held_back_for_ten_seconds(before, status, after, seconds):
    assert held(stored(before), status, after=after) == seconds


@pytest.mark.parametrize(
    ("before", "status"),
    [
        pytest.param(None, COUNTED, id="the first"),
        pytest.param(COUNTED, COUNTED, id="nothing new"),
        pytest.param(COUNTED, COUNTED | {"observedGeneration": 4}, id="another generation"),
        pytest.param(COUNTED, COUNTED | {"bound": 4, "unbound": [CLASHING]}, id="another unbound"),
        pytest.param(COUNTED, COUNTED | {"conditions": [WAITING]}, id="another status"),
        pytest.param(
            COUNTED,
            COUNTED | {"conditions": [READY | {"reason": "NoSubjects"}]},
            id="another reason",
        ),
    ],
)
def test_what_is_new_is_never_held_back(before, status):
    assert held(stored(before), status, after=1) == 0


@pytest.mark.parametrize(
    "parent",
    [
        pytest.param(stored(COUNTED, subresource="scale"), id="of something else"),
        pytest.param(stored(COUNTED, time=None), id="none"),
        pytest.param({"metadata": {}, "status": COUNTED}, id="no record of writes"),
    ],
)
def test_without_a_time_of_the_last_write_nothing_is_held_back(parent):
    assert held(parent, COUNTED | {"bound": 6}, after=1) == 0


def test_of_several_writers_the_last_counts():
    parent = stored(COUNTED, at=NOW - dt.timedelta(minutes=5))
    parent["metadata"]["managedFields"] += stored(COUNTED)["metadata"]["managedFields"]

    assert held(parent, COUNTED | {"bound": 6}, after=4) == 6


@given(pauses=st.lists(st.floats(0, 20), min_size=1, max_size=50))
def test_the_count_is_written_once_in_ten_seconds_and_right_in_the_end(pauses):
    now, writes, parent = NOW, [NOW], stored(COUNTED)

    def sync(bound):
        wanted = COUNTED | {"bound": bound}
        wait = hold_seconds(parent, wanted, now=now)
        if not wait and parent["status"] != wanted:
            parent.update(stored(wanted, at=now))
            writes.append(now)
        return dt.timedelta(seconds=wait)

    for count, pause in enumerate(pauses):
        now += dt.timedelta(seconds=pause)
        wait = sync(count)
    now += wait
    last = sync(len(pauses) - 1)

    assert (parent["status"]["bound"], last) == (len(pauses) - 1, dt.timedelta())
    # The API server notes the time of a write in whole seconds.
    assert all(
        later - sooner > dt.timedelta(seconds=9) for sooner, later in itertools.pairwise(writes)
    )
