"""What a run leaves behind for the judge: values, and no I/O.

An event is told by its key and time, for keys begin anew when a vCenter is rebuilt.
"""

import datetime as dt
import json
from collections import Counter
from dataclasses import dataclass, field

REFUSALS = frozenset({400, 413, 415, 422})
GAP = "com.vmware.vsphere.source.gap.v0"

OVERLAP = dt.timedelta(seconds=10)
"""How far before the time of a checkpoint reading begins: older events do not come again."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """An event that really happened; those of one *order_key* are to come in order."""

    key: int
    created: dt.datetime
    order_key: str = ""

    @property
    def identity(self):
        return self.key, self.created


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A request that came from one *life* of the adapter.

    *taken*: the sink has the event from then on; *answered*: the adapter was told what *status* is;
    *readable*: its data is what the adapter was to write, and tells of this event.
    """

    key: int
    created: dt.datetime
    type: str = "com.vmware.vsphere.VmPoweredOnEvent.v0"
    life: str = "0"
    taken: bool = True
    answered: bool = True
    status: int = 202
    error_code: str = ""
    readable: bool = True

    @property
    def identity(self):
        return self.key, self.created

    @property
    def acknowledged(self):
        """Whether the adapter could know that the sink has it."""
        return self.taken and self.answered


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that is known of a run.

    Attributes:
        made: what happened in vCenter while it was watched, in its order.
        beside: what happened besides; it may come, and need not.
        arrivals, dead_letters: what came to the two sinks, in that order.
        unsaved: how often each event may come again, for a crash or a rewind.
        excused: what may be lost because nobody was there to read it, where nothing is replayed.
        crashed: the lives that did not end by themselves.
        refused, given_up: how many such events the adapter itself has counted.
        sessions_left, collectors_left: what was open in vCenter when the last adapter had ended.
        collectors_most: how many collectors one session had at once.
        severed: how many sessions nobody could end, for their adapter was killed, or vCenter gone.
        cuts: how often connections broke: then collectors are left to end with their session.
    """

    made: tuple[Made, ...] = ()
    beside: frozenset = frozenset()
    arrivals: tuple[Arrival, ...] = ()
    dead_letters: tuple[Arrival, ...] = ()
    unsaved: Counter = field(default_factory=Counter)
    excused: frozenset = frozenset()
    crashed: frozenset = frozenset()
    refused: int = 0
    given_up: int = 0
    sessions_left: int = 0
    collectors_left: int = 0
    collectors_most: int = 0
    severed: int = 0
    cuts: int = 0


def came(arrivals):
    """Tell which events a sink has."""
    return {one.identity for one in arrivals if one.taken}


def refused(evidence):
    """Tell which events the sink refused, and nobody has."""
    answers = {one.identity for one in evidence.arrivals if one.status in REFUSALS}
    return answers - came(evidence.arrivals) - came(evidence.dead_letters)


def missing(evidence):
    """Tell which events neither came nor were refused."""
    made = {event.identity for event in evidence.made}
    return made - came(evidence.arrivals) - came(evidence.dead_letters) - refused(evidence)


def unsaved(arrivals, checkpoint):
    """Count what of *arrivals* is sent again by a process that finds *checkpoint*, a text.

    Each event once, however often it has come: the crash accounts for one repetition only.
    """
    covers = _coverage(checkpoint)
    return Counter({one.identity for one in arrivals if _dealt_with(one) and not covers(one)})


def _dealt_with(arrival):
    """Whether the adapter knew that it need not send the event again."""
    return arrival.acknowledged or arrival.status in REFUSALS


def _coverage(checkpoint):
    """Return what tells whether reading on from there does not meet an event again, or knows it.

    It is what docs/source.md says of the checkpoint's fields.
    """
    try:
        saved = json.loads(checkpoint or "")
    except ValueError:
        # None, or unreadable: reading begins maxAge ago.
        return lambda _arrival: False
    begin = _time(saved["lastEventKeyTimestamp"]) - OVERLAP
    runs = [
        (first, last, _time(since), _time(until))
        for first, last, since, until in saved.get("acknowledged", ())
    ]

    def covers(arrival):
        return arrival.created < begin or any(
            first <= arrival.key <= last and since <= arrival.created <= until
            for first, last, since, until in runs
        )

    return covers


def _time(text):
    return dt.datetime.fromisoformat(text)
