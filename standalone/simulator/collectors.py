"""The calls of event collectors."""

from __future__ import annotations

import datetime as dt

from .history import History
from .markup import reference, text
from .sessions import Collector, Session
from .soap import Call, SoapFault

PAGE_LIMIT = 1000
HONOURED = {"time", "entity", "maxCount", "disableFullMessage"}
"""What a filter may hold. The rest is refused: ignoring it would return wrong events."""


def create(call: Call, session: Session, *, limit: int, name: str) -> bytes:
    """Make a collector called *name*, unless *session* has *limit* already.

    The filter's maxCount is a size for `latestPage`, which is not served, so it is only checked;
    its entity is taken for the root folder.
    """
    for field in call.fields("filter"):
        if field not in HONOURED:
            raise _invalid(f"filter.{field}")
    if call.text("filter", "maxCount") is not None:
        _count(call, "filter", "maxCount")
    if len(session.collectors) >= limit:
        raise SoapFault("InvalidState", "Too many event collectors to create")
    session.collectors[name] = Collector(begin=_time(call, "beginTime"), end=_time(call, "endTime"))
    return reference("returnval", "EventHistoryCollector", name).encode()


def read_next(call: Call, session: Session, history: History) -> bytes:
    """Return the collector's next events, the oldest first, and move it behind them."""
    collector = session.collectors.get(call.receiver)
    if collector is None:
        raise _not_found(call)
    page = history.read(
        collector.position,
        limit=_count(call, "maxCount"),
        begin=collector.begin,
        end=collector.end,
    )
    collector.position = page.position
    return b"".join(record.xml for record in page.records)


def destroy(call: Call, session: Session) -> bytes:
    """Forget the collector."""
    if session.collectors.pop(call.receiver, None) is None:
        raise _not_found(call)
    return b""


def _invalid(name: str) -> SoapFault:
    """Build the fault for the argument *name*."""
    return SoapFault(
        "InvalidArgument",
        f"A specified parameter was not correct: {name}",
        text("invalidProperty", name),
    )


def _not_found(call: Call) -> SoapFault:
    return SoapFault(
        "ManagedObjectNotFound",
        "The object has already been deleted or has not been completely created",
        reference("obj", call.kind, call.receiver),
    )


def _count(call: Call, *path: str) -> int:
    """Read the number of events at *path*, which must be from 1 to a page."""
    try:
        count = int(call.text(*path) or "")
    except ValueError:
        count = 0
    if not 1 <= count <= PAGE_LIMIT:
        raise _invalid(".".join(path))
    return count


def _time(call: Call, name: str) -> dt.datetime | None:
    """Read the bound *name* of the filter's time; one without an offset is UTC."""
    written = call.text("filter", "time", name)
    if written is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(written)
    except ValueError as error:
        raise _invalid(f"filter.time.{name}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
