"""vCenter's burst filter: of many identical events in a row, one that counts them is stored.

Identical are events of the same type, on the same object, by the same user. After 30 of them
within 30 seconds the further ones are only shown to who is reading already, and when a second has
passed without one more, an EventBurstCompressedEvent stands for them.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import re

from . import events
from .events import Event
from .markup import element, text, timestamp

STORED = 30
WITHIN = dt.timedelta(seconds=30)
PAUSE = dt.timedelta(seconds=1)
OWN = "com.vmware.vc.EventBurst"
"""How the types of the filter's own events begin, which it lets pass."""

_CLASS = re.compile(rb'^<returnval xsi:type="(\w+)"')
_TYPE_ID = re.compile(rb"<eventTypeId>([^<]*)<")
_USER = re.compile(rb"<userName>([^<]*)<")
_OBJECT = re.compile(
    rb'<(?:vm|host|computeResource|datacenter)><name>[^<]*</name><\w+ type="\w+">([^<]*)<'
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sameness:
    """What identical events have in common."""

    type: str
    object: str
    user: str


@dataclasses.dataclass(kw_only=True)
class _Run:
    """Identical events: when the last 30 were created and, of a burst, how many came since."""

    last: dt.datetime
    recent: collections.deque[dt.datetime]
    began: dt.datetime | None = None
    swallowed: int = 0

    def swallow(self, created: dt.datetime) -> bool:
        """Take one more, and tell whether it is too many to be stored."""
        if self.began is None and len(self.recent) == STORED and created - self.recent[0] < WITHIN:
            self.began = created
        self.recent.append(created)
        self.last = created
        self.swallowed += self.began is not None
        return self.began is not None


class Bursts:
    """What is going on, told by events in the order they happen."""

    def __init__(self) -> None:
        self._runs: dict[Sameness, _Run] = {}
        self._over: list[tuple[Sameness, _Run]] = []

    def swallow(self, xml: bytes, created: dt.datetime) -> bool:
        """Tell whether an event belongs to a burst and is not to be stored."""
        same = _sameness(xml)
        if same.type.startswith(OWN):
            return False
        run = self._runs.get(same)
        if run and run.swallowed and created - run.last > PAUSE:
            self._over.append((same, self._runs.pop(same)))
            run = None
        if run is None:
            run = self._runs[same] = _Run(last=created, recent=collections.deque(maxlen=STORED))
        return run.swallow(created)

    def over(self, now: dt.datetime) -> list[Event]:
        """Return, once, the events that stand for the bursts that are over *now*."""
        for same, run in list(self._runs.items()):
            if run.swallowed and now - run.last > PAUSE:
                self._over.append((same, self._runs.pop(same)))
        over, self._over = self._over, []
        return [_compressed(same, run, now) for same, run in over]


def _sameness(xml: bytes) -> Sameness:
    # No parser: an event may hold what no XML may, and the patterns fit what `events` writes.
    return Sameness(
        type=_first(_TYPE_ID, xml) or _first(_CLASS, xml),
        object=_object(xml),
        user=_first(_USER, xml),
    )


def _first(pattern: re.Pattern[bytes], xml: bytes) -> str:
    found = pattern.search(xml)
    return "" if found is None else found[1].decode()


def _object(xml: bytes) -> str:
    """Find the innermost object that an event is about: of its arguments, that one stands last."""
    found = _OBJECT.findall(xml)
    return found[-1].decode() if found else ""


def _compressed(same: Sameness, run: _Run, now: dt.datetime) -> Event:
    began = timestamp(run.began or run.last)
    message = f"{run.swallowed} identical events of type {same.type} on {same.object}"
    facts = {
        "eventType": same.type,
        "objectId": same.object,
        "userName": same.user,
        "count": run.swallowed,
        "burstStartTime": began,
    }
    return events.event(
        "EventEx",
        created=now,
        message=message,
        details=text("eventTypeId", f"{OWN}CompressedEvent")
        + text("severity", "info")
        + text("message", message)
        + "".join(_argument(name, value) for name, value in facts.items())
        + text("objectId", same.object),
    )


def _argument(name: str, value: object) -> str:
    kind = "xsd:int" if isinstance(value, int) else "xsd:string"
    return element("arguments", text("key", name), text("value", value, kind=kind))
