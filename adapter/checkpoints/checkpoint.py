"""The checkpoint: which events are settled, and where reading begins after a start. No I/O.

The JSON is that of the Go project, plus fields that it ignores. It never passes an event that is
not settled: its time is that of the last settled event of the unbroken prefix, or earlier when an
older event is still open.
"""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from .settled import Run

OVERLAP = dt.timedelta(seconds=10)
"""How far before the checkpoint reading begins, for events whose time arrives out of order."""


class CheckpointError(Exception):
    """A stored checkpoint cannot be read."""


NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


def earlier(time: dt.datetime, by: dt.timedelta) -> dt.datetime:
    """Go back in time, but not to before there was any: whoever posts an event may date it."""
    return max(time, NEVER + by) - by


def follow(reached: dt.datetime, created: dt.datetime) -> dt.datetime:
    """Go on from a time that is *reached* with the next event: back by `OVERLAP` at most.

    So far one that comes late takes it; a clock that was set back goes on with each event.
    """
    return max(created, earlier(reached, OVERLAP))


@dataclass(frozen=True, kw_only=True)
class Position:
    """What is settled, as the window of acknowledgements knows it."""

    key: int
    type: str
    time: dt.datetime
    acknowledged: tuple[Run, ...] = ()
    """Settled events that reading will meet again."""


@dataclass(frozen=True, kw_only=True)
class VCenter:
    """Which vCenter a position belongs to; an ESXi host has no `instance_uuid`."""

    url: str
    instance_uuid: str | None


@dataclass(frozen=True, kw_only=True)
class Begin:
    """Where reading begins, what to skip there, and what is wrong with the stored checkpoint.

    *since* is the time up to which all is settled, and *key* that of the last settled event, as far
    as the checkpoint knows.
    """

    time: dt.datetime
    acknowledged: tuple[Run, ...] = ()
    problem: str = ""
    since: dt.datetime | None = None
    key: int = 0


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
        return Begin(
            time=oldest, problem=f"The checkpoint lies in the future ({_rfc3339(position.time)})"
        )
    return Begin(
        time=earlier(max(position.time, oldest), OVERLAP),
        acknowledged=position.acknowledged,
        since=position.time,
        key=position.key,
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
