"""The judge: from the evidence of a run to figures and a verdict. No I/O.

A repetition is *allowed* (law 2) only if the sink had left an earlier arrival of the event
unanswered, or if the adapter that had it answered crashed before that was saved: each of these
allows one. A loss is allowed only without replay: of what the adapter told it gave up, and of what
happened while none was reading. A session may stay open in vCenter only if its adapter was killed,
or vCenter out of reach when it was to be ended.
"""

import itertools
from collections import Counter
from dataclasses import dataclass
from enum import Enum

from .evidence import GAP, OVERLAP, came, missing, refused

COLLECTORS = 3
"""How many one session needs at once: the history, the long poll, and a look at the newest."""


class Repeats(Enum):
    """Which repetitions a cell allows."""

    NEVER = "none"
    UNANSWERED = "what the sink left unanswered"
    UNSAVED = "and what a crash left in flight or unsaved"


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """What a cell promises; refusals must be exactly as many, and types at least.

    *late*: events that tell of a time long before that of others may come after them.
    """

    repeats: Repeats = Repeats.NEVER
    at_most_once: bool = False
    strict: bool = False
    late: bool = False
    refused: int = 0
    dead_lettered: bool = False
    types: int = 0
    gaps: int = 0


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One line of a table; *told* counts what the adapter said it had given up."""

    sent: int = 0
    distinct: int = 0
    lost: int = 0
    may_be_lost: int = 0
    told: int = 0
    refused: int = 0
    dead_lettered: int = 0
    duplicated: int = 0
    may_come_again: int = 0
    out_of_order: int = 0
    left_open: int = 0
    may_be_left_open: int = 0
    collectors: int = 0


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The figures, and a clause for each promise that was broken."""

    figures: Figures
    complaints: tuple[str, ...]

    @property
    def kept(self):
        return not self.complaints


def judge(evidence, expectation):
    """Compare what came with what was promised."""
    figures = _figures(evidence, expectation)
    checks = (
        *_general(evidence, expectation, figures),
        *_left_behind(evidence),
        *_promised(evidence, expectation, figures),
    )
    return Verdict(figures=figures, complaints=tuple(said for kept, said in checks if not kept))


def may_be_lost(evidence, expectation):
    """How many events need not come."""
    if not expectation.at_most_once:
        return 0
    return len(evidence.excused & missing(evidence)) + evidence.given_up


def _general(evidence, expectation, figures):
    """What holds everywhere."""
    lost = max(figures.lost - figures.may_be_lost, 0)
    again = _unexcused(evidence, expectation)
    known = {event.identity for event in evidence.made} | evidence.beside
    strangers = [one for one in evidence.arrivals if one.identity not in known and one.type != GAP]
    unasked = came(evidence.dead_letters) - {one.identity for one in evidence.arrivals}
    silent = [one for one in evidence.dead_letters if not one.error_code]
    sent = (*evidence.arrivals, *evidence.dead_letters)
    unreadable = sum(not one.readable for one in sent)
    return (
        (figures.sent > 0, "nothing happened in vCenter"),
        (lost == 0, f"{lost} events are lost for no reason"),
        (again == 0, f"{again} repetitions have no reason"),
        (figures.out_of_order == 0, f"{figures.out_of_order} events came out of order"),
        (not strangers, f"{len(strangers)} events came that never happened"),
        (not unasked, f"{len(unasked)} dead letters were never offered to the sink"),
        (not silent, f"{len(silent)} dead letters do not say why"),
        (unreadable == 0, f"the data of {unreadable} requests is not what it should be"),
        (
            evidence.refused == figures.refused,
            f"the adapter counted {evidence.refused} refusals of {figures.refused}",
        ),
    )


def _left_behind(evidence):
    """What no cell leaves in vCenter, whose sessions and collectors are few."""
    sessions = max(evidence.sessions_left - evidence.severed, 0)
    left_to_end = (evidence.severed + evidence.cuts) * COLLECTORS
    collectors = max(evidence.collectors_left - left_to_end, 0)
    most = evidence.collectors_most
    return (
        (sessions == 0, f"{sessions} sessions are left open in vCenter"),
        (collectors == 0, f"{collectors} collectors are left in vCenter"),
        (most <= COLLECTORS, f"a session had {most} collectors at once"),
    )


def _promised(evidence, expectation, figures):
    """What this cell adds."""
    gaps = {one.identity for one in evidence.arrivals if one.type == GAP}
    types = {one.type for one in evidence.arrivals if one.taken and one.type != GAP}
    in_vain = _tried_in_vain(evidence) if expectation.at_most_once else 0
    return (
        (figures.refused == expectation.refused, f"{figures.refused} events were refused"),
        (
            bool(figures.dead_lettered) == expectation.dead_lettered,
            f"{figures.dead_lettered} events went to the dead-letter sink",
        ),
        (len(gaps) == expectation.gaps, f"{len(gaps)} gaps were told"),
        (len(types) >= expectation.types, f"only {len(types)} types of events came"),
        (figures.told >= in_vain, f"only {figures.told} of {in_vain} given up were told"),
    )


def _figures(evidence, expectation):
    made = {event.identity for event in evidence.made}
    return Figures(
        sent=len(evidence.made),
        distinct=len(made & came(evidence.arrivals)),
        lost=len(missing(evidence)),
        may_be_lost=may_be_lost(evidence, expectation),
        told=evidence.given_up,
        refused=len(refused(evidence)),
        dead_lettered=len(came(evidence.dead_letters)),
        duplicated=sum(count - 1 for count in _times(evidence).values()),
        may_come_again=sum(_may_come_again(evidence, expectation).values()),
        out_of_order=_out_of_order(evidence, strict=expectation.strict, late=expectation.late),
        left_open=evidence.sessions_left,
        may_be_left_open=evidence.severed,
        collectors=evidence.collectors_most,
    )


def _times(evidence):
    """How often each event came, to whichever sink."""
    return Counter(
        one.identity for one in (*evidence.arrivals, *evidence.dead_letters) if one.taken
    )


def _may_come_again(evidence, expectation):
    """How often each event may come again."""
    if expectation.repeats is Repeats.NEVER:
        return Counter()
    sent = (*evidence.arrivals, *evidence.dead_letters)
    unanswered = Counter(one.identity for one in sent if one.taken and not one.answered)
    if expectation.repeats is Repeats.UNANSWERED:
        return unanswered
    return unanswered + evidence.unsaved


def _unexcused(evidence, expectation):
    """How many repetitions law 2 does not allow."""
    allowed = _may_come_again(evidence, expectation)
    return sum(max(count - 1 - allowed[one], 0) for one, count in _times(evidence).items())


def _tried_in_vain(evidence):
    """How many events an adapter that lived on had sent without a good answer."""
    return len(
        {
            one.identity
            for one in evidence.arrivals
            if not one.acknowledged and one.life not in evidence.crashed
        }
    )


def _out_of_order(evidence, *, strict, late):
    """Count events that came for the first time after a later one of the same order key.

    Those that vCenter itself dated before what it had told already are not, if *late* is allowed.
    """
    excused = _late(evidence) if late else set()
    place = {event.identity: number for number, event in enumerate(evidence.made)}
    lane = {event.identity: "" if strict else event.order_key for event in evidence.made}
    furthest, seen, wrong = {}, set(), 0
    for arrival in evidence.arrivals:
        one = arrival.identity
        if not arrival.taken or one in seen or one not in place:
            continue
        seen.add(one)
        before = furthest.get(lane[one], -1)
        wrong += place[one] < before and one not in excused
        furthest[lane[one]] = max(place[one], before)
    return wrong


def _late(evidence):
    """The events that tell of a time more than `OVERLAP` before one that was told already."""
    told = itertools.accumulate((event.created for event in evidence.made), max)
    return {
        event.identity
        for event, latest in zip(evidence.made, told, strict=True)
        if event.created < latest - OVERLAP
    }
