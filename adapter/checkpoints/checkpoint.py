"""The checkpoint: which events are settled, and where reading begins after a start. No I/O.

The JSON is that of the Go project, plus fields that it ignores. It never passes an event that is
not settled: its time is that of the last settled event of the unbroken prefix, or earlier when an
older event is still open.
"""

import datetime as dt
import json
from collections import deque
from dataclasses import dataclass, replace
from typing import Any

from adapter.events.keys import Span, is_up_to, within

from .settled import Run

OVERLAP = dt.timedelta(seconds=10)
"""How far before the checkpoint reading begins, for events whose time arrives out of order."""

_SOME = 20


class CheckpointError(Exception):
    """A stored checkpoint cannot be read."""


NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


def earlier(time: dt.datetime, by: dt.timedelta) -> dt.datetime:
    """Go back in time, but not to before there was any: whoever posts an event may date it."""
    return max(time, NEVER + by) - by


class Reached:
    """How far the times of events have come, of which some come late.

    *time* is the latest of the last `_SOME` events: before them vCenter's clock may have been set
    back, or an event may have told of a time to come.
    """

    def __init__(self, time: dt.datetime) -> None:
        self._times = deque([time], maxlen=_SOME)
        self.time = time

    def go_on(self, created: dt.datetime) -> None:
        """Take the next event."""
        self._times.append(created)
        self.time = max(self._times)


@dataclass(frozen=True, kw_only=True)
class Position:
    """What is settled, as the window of acknowledgements knows it."""

    key: int
    type: str
    time: dt.datetime
    until: dt.datetime | None = None
    """How far the times of what is settled up to that key have come, if that is known."""
    acknowledged: tuple[Run, ...] = ()
    """Settled events that reading will meet again."""
    passed_over: tuple[Span, ...] = ()
    """Keys before that one whose events may still come."""


@dataclass(frozen=True, kw_only=True)
class VCenter:
    """Which vCenter a position belongs to; an ESXi host has no `instance_uuid`."""

    url: str
    instance_uuid: str | None


@dataclass(frozen=True, kw_only=True)
class Begin:
    """Where reading begins, what to skip there, and what is wrong with the stored checkpoint.

    Events up to that *key* and that time *until* are settled, but for those *passed_over*.

    *since* is the time up to which all is settled, and *key* that of the last settled event, as far
    as the checkpoint knows.
    """

    time: dt.datetime
    acknowledged: tuple[Run, ...] = ()
    passed_over: tuple[Span, ...] = ()
    problem: str = ""
    since: dt.datetime | None = None
    key: int = 0
    type: str = ""
    until: dt.datetime | None = None

    def has_settled(self, key: int, created: dt.datetime) -> bool:
        """Whether the checkpoint says that the event of that key and time is settled."""
        if any(run.covers(key, created) for run in self.acknowledged):
            return True
        return (
            self.until is not None
            and created <= self.until
            and is_up_to(key, self.key)
            and not self.has_passed_over(key)
        )

    def has_passed_over(self, key: int) -> bool:
        """Whether the event of that key is to be searched for, however old it is."""
        return any(within(span, key) for span in self.passed_over)


def write(position: Position, vcenter: VCenter, *, now: dt.datetime) -> str:
    """Serialise a checkpoint made at *now*."""
    record = {
        "vCenter": vcenter.url,
        "lastEventKey": position.key,
        "lastEventType": position.type,
        "lastEventKeyTimestamp": _rfc3339(position.time),
        "createdTimestamp": _rfc3339(now),
    }
    if vcenter.instance_uuid:
        record["instanceUuid"] = vcenter.instance_uuid
    if position.acknowledged:
        record["acknowledged"] = [
            [run.first, run.last, _rfc3339(run.since), _rfc3339(run.until)]
            for run in position.acknowledged
        ]
    if position.until or position.passed_over:
        # With key and time once more: it is of no use with others, which somebody may write there.
        record["upTo"] = {
            "key": position.key,
            "time": _rfc3339(position.time),
            "until": position.until and _rfc3339(position.until),
            "passedOver": position.passed_over,
        }
    return json.dumps(record, separators=(",", ":"))


def begin(
    stored: str | None, vcenter: VCenter, *, now: dt.datetime, max_age: dt.timedelta
) -> Begin:
    """Decide where to begin, by vCenter's clock *now*; see "Checkpoints" in the documentation."""
    if stored is None or not max_age:
        return Begin(time=now)
    oldest = now - max_age
    try:
        position, uuid = _read(stored)
    except CheckpointError as error:
        return Begin(time=oldest, problem=f"The checkpoint is unreadable ({error})")
    if uuid and uuid != vcenter.instance_uuid:
        return Begin(
            time=oldest,
            problem=f"The checkpoint is of another vCenter ({uuid})",
            since=min(position.time, oldest),
        )
    if position.time > now + OVERLAP:
        # A clock was set back: what happened since then has times before it.
        time, since, future = oldest, None, _rfc3339(position.time)
        problem = f"The checkpoint lies in the future ({future})"
    else:
        time, since, problem = earlier(max(position.time, oldest), OVERLAP), position.time, ""
    return Begin(
        time=time,
        acknowledged=position.acknowledged,
        passed_over=position.passed_over,
        problem=problem,
        since=since,
        key=position.key,
        type=position.type,
        until=position.until,
    )


def _read(text: str) -> tuple[Position, str]:
    """Parse a checkpoint of this or the Go project; returns it and the vCenter's UUID, if any."""
    try:
        record: dict[str, Any] = json.loads(text)
        position = Position(
            key=int(record.get("lastEventKey", 0)),
            type=str(record.get("lastEventType", "")),
            time=_time(record["lastEventKeyTimestamp"]),
            acknowledged=tuple(
                Run(int(first), int(last), _time(since), _time(until))
                for first, last, since, until in record.get("acknowledged") or ()
            ),
        )
        up_to: dict[str, Any] = record.get("upTo") or {}
        if up_to and (int(up_to["key"]), _time(up_to["time"])) == (position.key, position.time):
            position = replace(
                position,
                until=up_to["until"] and _time(up_to["until"]),
                passed_over=tuple((int(first), int(last)) for first, last in up_to["passedOver"]),
            )
    except KeyError as error:
        raise CheckpointError(f"it has no {error.args[0]}") from error
    except (TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise CheckpointError(f"{error}") from error
    return position, str(record.get("instanceUuid") or "")


def _time(text: str) -> dt.datetime:
    time = dt.datetime.fromisoformat(text)
    return (time if time.tzinfo else time.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)


def _rfc3339(time: dt.datetime) -> str:
    return time.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
