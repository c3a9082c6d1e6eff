"""The judge of the matrix, with made-up runs: what is right passes, and each wrong is told."""

import dataclasses
import datetime as dt
import json
from collections import Counter

import pytest

from tests.faults.evidence import GAP, Arrival, Evidence, Made, unsaved
from tests.faults.judge import Expectation, Figures, Repeats, Verdict, judge

NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
LONG_AGO = NOON - dt.timedelta(hours=1)
UNANSWERED = Expectation(repeats=Repeats.UNANSWERED)
UNSAVED = Expectation(repeats=Repeats.UNSAVED)
ONCE = Expectation(at_most_once=True)


def at(key):
    return NOON + dt.timedelta(seconds=key)


def happened(count):
    """Events 1 to *count*, by turns about two machines."""
    return tuple(
        Made(key=key, created=at(key), order_key=f"vm-{key % 2}") for key in range(1, count + 1)
    )


def came(*keys, **fields):
    return tuple(Arrival(key=key, created=at(key), **fields) for key in keys)


def identities(*keys):
    return [(key, at(key)) for key in keys]


RIGHT = {
    "everything comes once": (
        Evidence(made=happened(3), arrivals=came(1, 2, 3)),
        Expectation(),
        Figures(sent=3, distinct=3),
    ),
    "events of different keys overtake each other": (
        Evidence(made=happened(4), arrivals=came(2, 4, 1, 3)),
        Expectation(),
        Figures(sent=4, distinct=4),
    ),
    "what vCenter dates long before the others comes after them": (
        Evidence(
            made=(Made(key=1, created=at(1)), Made(key=2, created=LONG_AGO), *happened(3)[2:]),
            arrivals=(*came(1, 3), Arrival(key=2, created=LONG_AGO)),
        ),
        Expectation(late=True),
        Figures(sent=3, distinct=3, out_of_order=0),
    ),
    "a failure is no arrival": (
        Evidence(made=happened(1), arrivals=came(1, taken=False, status=503) + came(1)),
        Expectation(),
        Figures(sent=1, distinct=1),
    ),
    "what was not answered comes again": (
        Evidence(made=happened(2), arrivals=came(1, answered=False) + came(1, 2)),
        UNANSWERED,
        Figures(sent=2, distinct=2, duplicated=1, may_come_again=1),
    ),
    "what was not saved comes again": (
        Evidence(
            made=happened(2),
            arrivals=came(1, 2) + came(1, 2, life="1"),
            unsaved=Counter(identities(1, 2)),
        ),
        UNSAVED,
        Figures(sent=2, distinct=2, duplicated=2, may_come_again=2),
    ),
    "a refused event is counted by the adapter": (
        Evidence(made=happened(2), arrivals=came(1, taken=False, status=422) + came(2), refused=1),
        Expectation(refused=1),
        Figures(sent=2, distinct=1, refused=1),
    ),
    "a refused event goes to the dead-letter sink": (
        Evidence(
            made=happened(2),
            arrivals=came(1, taken=False, status=422) + came(2),
            dead_letters=came(1, error_code="422"),
        ),
        Expectation(dead_lettered=True),
        Figures(sent=2, distinct=1, dead_lettered=1),
    ),
    "what happened before the begin may come": (
        Evidence(made=happened(2)[1:], beside=frozenset(identities(1)), arrivals=came(1, 2)),
        Expectation(),
        Figures(sent=1, distinct=1),
    ),
    "a gap is told": (
        Evidence(
            made=happened(1), arrivals=(*came(1), Arrival(key="gap-1", created=NOON, type=GAP))
        ),
        Expectation(gaps=1),
        Figures(sent=1, distinct=1),
    ),
    "a killed adapter leaves its session": (
        Evidence(made=happened(1), arrivals=came(1), sessions_left=1, collectors_left=2, severed=1),
        Expectation(),
        Figures(sent=1, distinct=1, left_open=1, may_be_left_open=1),
    ),
    "collectors end with their session where connections broke": (
        Evidence(made=happened(1), arrivals=came(1), collectors_left=3, collectors_most=3, cuts=1),
        Expectation(),
        Figures(sent=1, distinct=1, collectors=3),
    ),
    "without replay what was tried in vain is lost, and told": (
        Evidence(made=happened(2), arrivals=came(1, taken=False, status=503) + came(2), given_up=1),
        ONCE,
        Figures(sent=2, distinct=1, lost=1, may_be_lost=1, told=1),
    ),
    "without replay what nobody read is lost": (
        Evidence(made=happened(2), arrivals=came(2), excused=frozenset(identities(1))),
        ONCE,
        Figures(sent=2, distinct=1, lost=1, may_be_lost=1),
    ),
}


@pytest.mark.parametrize(
    ("evidence", "expectation", "figures"),
    [pytest.param(*run, id=name) for name, run in RIGHT.items()],
)
def test_a_promise_that_is_kept_is_not_complained_of(evidence, expectation, figures):
    assert judge(evidence, expectation) == Verdict(figures=figures, complaints=())


WRONG = {
    "nothing happened": (Evidence(), Expectation(), "nothing happened in vCenter"),
    "an event is missing": (
        Evidence(made=happened(3), arrivals=came(1, 3)),
        UNSAVED,
        "1 events are lost for no reason",
    ),
    "an event was only ever answered with an error": (
        Evidence(made=happened(2), arrivals=came(1, taken=False, status=503) + came(2)),
        UNSAVED,
        "1 events are lost for no reason",
    ),
    "an answered event comes again": (
        Evidence(made=happened(2), arrivals=came(1, 2, 1)),
        UNSAVED,
        "1 repetitions have no reason",
    ),
    "an unanswered event comes three times": (
        Evidence(made=happened(1), arrivals=came(1, answered=False) + came(1, 1)),
        UNANSWERED,
        "1 repetitions have no reason",
    ),
    "the excuse of one event is not that of another": (
        Evidence(made=happened(2), arrivals=came(1, 2, 2), unsaved=Counter(identities(1))),
        UNSAVED,
        "1 repetitions have no reason",
    ),
    "a crash where the cell has none excuses nothing": (
        Evidence(made=happened(1), arrivals=came(1, 1), unsaved=Counter(identities(1))),
        UNANSWERED,
        "1 repetitions have no reason",
    ),
    "an unanswered event where the cell has none": (
        Evidence(made=happened(1), arrivals=came(1, answered=False) + came(1)),
        Expectation(),
        "1 repetitions have no reason",
    ),
    "events of one key change places": (
        Evidence(made=happened(4), arrivals=came(3, 1, 2, 4)),
        Expectation(),
        "1 events came out of order",
    ),
    "others than late events change places": (
        Evidence(made=happened(3), arrivals=came(3, 2, 1)),
        Expectation(late=True),
        "1 events came out of order",
    ),
    "events of different keys change places under strict order": (
        Evidence(made=happened(2), arrivals=came(2, 1)),
        Expectation(strict=True),
        "1 events came out of order",
    ),
    "an event comes that never happened": (
        Evidence(made=happened(1), arrivals=came(1, 2)),
        Expectation(),
        "1 events came that never happened",
    ),
    "a refusal is not recorded": (
        Evidence(made=happened(2), arrivals=came(1, taken=False, status=422) + came(2)),
        Expectation(refused=1),
        "the adapter counted 0 refusals of 1",
    ),
    "a refusal that nobody expects": (
        Evidence(made=happened(2), arrivals=came(1, taken=False, status=422) + came(2), refused=1),
        Expectation(),
        "1 events were refused",
    ),
    "a dead letter that nobody expects": (
        Evidence(
            made=happened(1),
            arrivals=came(1, taken=False, status=500),
            dead_letters=came(1, error_code="500"),
        ),
        Expectation(),
        "1 events went to the dead-letter sink",
    ),
    "no dead letter where one is expected": (
        Evidence(made=happened(1), arrivals=came(1)),
        Expectation(dead_lettered=True),
        "0 events went to the dead-letter sink",
    ),
    "a dead letter without a reason": (
        Evidence(made=happened(1), arrivals=came(1, taken=False, status=500), dead_letters=came(1)),
        Expectation(dead_lettered=True),
        "1 dead letters do not say why",
    ),
    "a dead letter that the sink never saw": (
        Evidence(made=happened(1), dead_letters=came(1, error_code="500")),
        Expectation(dead_lettered=True),
        "1 dead letters were never offered to the sink",
    ),
    "a gap that nobody expects": (
        Evidence(
            made=happened(1), arrivals=(*came(1), Arrival(key="gap-1", created=NOON, type=GAP))
        ),
        Expectation(),
        "1 gaps were told",
    ),
    "data that cannot be read": (
        Evidence(made=happened(2), arrivals=came(1) + came(2, readable=False)),
        Expectation(),
        "the data of 1 requests is not what it should be",
    ),
    "a dead letter that cannot be read": (
        Evidence(
            made=happened(1),
            arrivals=came(1, taken=False, status=500),
            dead_letters=came(1, error_code="500", readable=False),
        ),
        Expectation(dead_lettered=True),
        "the data of 1 requests is not what it should be",
    ),
    "a session is left open": (
        Evidence(made=happened(1), arrivals=came(1), sessions_left=2, severed=1),
        UNSAVED,
        "1 sessions are left open in vCenter",
    ),
    "a broken connection is no reason to leave a session open": (
        Evidence(made=happened(1), arrivals=came(1), sessions_left=1, cuts=5),
        Expectation(),
        "1 sessions are left open in vCenter",
    ),
    "a collector is left": (
        Evidence(made=happened(1), arrivals=came(1), collectors_left=4, severed=1),
        UNSAVED,
        "1 collectors are left in vCenter",
    ),
    "a session has more collectors than it needs": (
        Evidence(made=happened(1), arrivals=came(1), collectors_most=4),
        UNSAVED,
        "a session had 4 collectors at once",
    ),
    "types that did not come": (
        Evidence(made=happened(2), arrivals=came(1, 2)),
        Expectation(types=2),
        "only 1 types of events came",
    ),
    "without replay an answered event comes again": (
        Evidence(made=happened(1), arrivals=came(1, 1)),
        ONCE,
        "1 repetitions have no reason",
    ),
    "without replay more is lost than was told": (
        Evidence(made=happened(3), arrivals=came(1, taken=False, status=503) + came(2), given_up=1),
        ONCE,
        "1 events are lost for no reason",
    ),
    "without replay a loss is not told": (
        Evidence(made=happened(2), arrivals=came(1, answered=False) + came(2)),
        ONCE,
        "only 0 of 1 given up were told",
    ),
}


@pytest.mark.parametrize(
    ("evidence", "expectation", "complaint"),
    [pytest.param(*run, id=name) for name, run in WRONG.items()],
)
def test_a_promise_that_is_broken_is_told(evidence, expectation, complaint):
    assert judge(evidence, expectation).complaints == (complaint,)


def test_a_killed_adapter_cannot_tell_what_it_had_tried_in_vain():
    evidence = Evidence(
        made=happened(2),
        arrivals=came(1, taken=False, status=503) + came(2, life="1"),
        excused=frozenset(identities(1)),
        crashed=frozenset({"0"}),
    )

    assert judge(evidence, ONCE).kept
    told = judge(dataclasses.replace(evidence, crashed=frozenset()), ONCE)
    assert told.complaints == ("only 0 of 1 given up were told",)


def checkpoint(*runs, time):
    acknowledged = [[first, last, str(at(first)), str(at(last))] for first, last in runs]
    return json.dumps({"lastEventKeyTimestamp": str(time), "acknowledged": acknowledged})


@pytest.mark.parametrize(
    ("stored", "again"),
    [
        pytest.param(None, [1, 2, 3], id="no checkpoint"),
        pytest.param("{", [1, 2, 3], id="an unreadable one"),
        pytest.param(checkpoint(time=at(0)), [1, 2, 3], id="one from before them"),
        pytest.param(checkpoint((1, 2), time=at(2)), [3], id="one that knows two of them"),
        pytest.param(checkpoint((3, 3), time=at(0)), [1, 2], id="one that knows a later one"),
        pytest.param(checkpoint(time=at(12)), [2, 3], id="one to which the first is too old"),
        pytest.param(checkpoint((1001, 1003), time=at(1003)), [], id="one from long after them"),
    ],
)
def test_a_crash_excuses_what_its_checkpoint_does_not_cover(stored, again):
    assert unsaved(came(1, 2, 3), stored) == Counter(identities(*again))


def test_a_crash_excuses_each_event_once_and_only_what_was_answered():
    arrivals = came(1, 1) + came(2, answered=False) + came(3, taken=False, status=503)

    assert unsaved(arrivals, None) == Counter(identities(1))
