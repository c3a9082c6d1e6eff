"""What a session misses from the start, judged by what vCenter's history still holds. No I/O."""

import datetime as dt
from collections.abc import Callable, Sequence

from adapter.checkpoints.checkpoint import Begin, earlier
from adapter.events.gap import Cause, Gap
from adapter.events.message import instant

from .place import Seen

History = Callable[[dt.datetime | None, dt.datetime | None, int], Sequence[Seen]]
"""Gives the first events from a time to a time, both inclusive, and at most so many.

None is without bound. Where the account may not see the first ones, it gives the last.
"""

_MANY = 1000
"""A checkpoint acknowledges no more events than that at and after its time."""

_HOUR = dt.timedelta(hours=1)
"""How far back to look for an event that shows that history is still there."""


def missed(begin: Begin, history: History, *, now: dt.datetime) -> Gap | None:
    """Find out whether events before *begin* may be missing; of a quiet vCenter, none are."""
    if begin.problem:
        earlier = history(begin.since, begin.time, 1)
        return _unusable(begin, earlier[0][1]) if earlier else None
    if begin.since is None:
        return None
    if _is_removed(begin, begin.since, history):
        later = history(begin.since, None, 1)
        end = max(begin.time, later[0][1]) if later else now
        return _removed(begin.since, end, begin.key)
    if begin.since < begin.time and _has_unsent(begin, history(begin.since, begin.time, _MANY)):
        return _too_old(begin, begin.since)
    return None


def _is_removed(begin: Begin, since: dt.datetime, history: History) -> bool:
    """Whether history no longer reaches back to *since*: then nothing older is left either."""
    if history(earlier(since, _HOUR), since, 1):
        return False
    if not begin.key and since >= begin.time:
        # No event was there at that time, and so none can be gone.
        return False
    first = next(iter(history(since, None, 1)), None)
    if first is None:
        return bool(begin.key)
    # A server's times may be finer than ours, and so the last event may come after its own time.
    return first[0] not in {begin.key, begin.key + 1} and not history(None, since, 1)


def _has_unsent(begin: Begin, span: Sequence[Seen]) -> bool:
    return any(
        created < begin.time
        and key != begin.key
        and not (begin.has_settled(key, created) or begin.has_passed_over(key))
        for key, created in span
    )


def _removed(start: dt.datetime, end: dt.datetime, key: int) -> Gap:
    return Gap(
        start=start,
        end=end,
        cause=Cause.HISTORY_REMOVED,
        message=f"vCenter's history no longer holds what happened from {instant(start)} on.",
        mark=key,
    )


def _too_old(begin: Begin, since: dt.datetime) -> Gap:
    return Gap(
        start=since,
        end=begin.time,
        cause=Cause.CHECKPOINT_TOO_OLD,
        message=f"The checkpoint of {instant(since)} is older than maxAge, and what happened "
        "between it and the begin is not replayed.",
        mark=begin.key,
    )


def _unusable(begin: Begin, earliest: dt.datetime) -> Gap:
    return Gap(
        start=begin.since or earliest,
        end=begin.time,
        cause=Cause.CHECKPOINT_UNUSABLE,
        message=f"{begin.problem}; what was not sent before the begin is not replayed.",
        mark=0,
    )
