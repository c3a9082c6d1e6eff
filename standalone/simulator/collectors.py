"""The calls that read events: those of event collectors, and QueryEvents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from .faults import Faults
from .history import History, Page, Record, View
from .markup import reference
from .sessions import PAGE_SIZE, Collector, Operation, Session
from .soap import Call, SoapFault, invalid, not_found

READ_NEXT = "EventHistoryCollector.ReadNextEvents"
PAGE_LIMIT = 1000
HONOURED = {"time", "entity", "maxCount", "disableFullMessage", "delayedInit"}
"""What a filter may hold. The rest is refused: ignoring it would return wrong events."""


class EventCollectors:
    """Carries out calls on collectors of *history*, as *faults* allow."""

    def __init__(self, history: History, faults: Faults, *, new_id: Callable[[], str]) -> None:
        self._history = history
        self._faults = faults
        self._new_id = new_id
        self.pages_read = 0
        self.most = 0
        self.operations: dict[str, Operation] = {
            "EventManager.CreateCollectorForEvents": self._create,
            "EventManager.QueryEvents": self._query,
            READ_NEXT: self._read_next,
            "EventHistoryCollector.SetCollectorPageSize": self._set_page_size,
            "EventHistoryCollector.DestroyCollector": self._destroy,
        }

    def _create(self, call: Call, session: Session) -> bytes:
        """Make a collector; the entity of its filter is taken for the root folder."""
        view, page_size = self._wanted(call)
        if len(session.collectors) >= self._faults.collector_limit:
            raise SoapFault("InvalidState", "Too many event collectors to create")
        name = f"session[{session.key}]{self._new_id()}"
        session.collectors[name] = Collector(view=view, page_size=page_size or PAGE_SIZE)
        self.most = max(self.most, len(session.collectors))
        return reference("returnval", "EventHistoryCollector", name).encode()

    def _query(self, call: Call, _session: Session) -> bytes:
        """Return what is stored, the newest first; which events beyond a page is for vCenter."""
        view, count = self._wanted(call)
        return _xml(record for _, record in self._history.newest(count or PAGE_LIMIT, view=view))

    def _read_next(self, call: Call, session: Session) -> bytes:
        """Return the collector's next events, the oldest first, and move it behind them."""
        collector = _find(call, session)
        limit = _count(call, "maxCount")
        self.pages_read += 1
        if self._fell_behind(collector):
            collector.stalled = True
        collector.history_end = self._history.end
        page = self._page(collector, limit)
        seen = [record for record in page.records if not record.hidden]
        if collector.stalled or (page.records and not seen):
            # Who may see nothing of a page gets no further, as in a real vCenter (govmomi#3450).
            return b""
        collector.position = page.position
        if seen:
            collector.key = seen[-1].key
        return _xml(seen)

    def _page(self, collector: Collector, limit: int) -> Page:
        if not self._faults.order_by_key:
            return self._history.read(collector.position, limit=limit, view=collector.view)
        page = self._history.read(view=collector.view)
        further = sorted(
            (
                record
                for record in page.records
                if collector.key is None or record.key > collector.key
            ),
            key=lambda record: record.key,
        )
        return Page(records=tuple(further[:limit]), position=page.position)

    def _fell_behind(self, collector: Collector) -> bool:
        limit, came = self._faults.stall_after, self._history.end - collector.history_end
        return collector.key is not None and limit is not None and came > limit

    def _set_page_size(self, call: Call, session: Session) -> bytes:
        _find(call, session).page_size = _count(call, "maxCount")
        return b""

    def _destroy(self, call: Call, session: Session) -> bytes:
        _find(call, session)
        del session.collectors[call.receiver]
        return b""

    def _wanted(self, call: Call) -> tuple[View, int | None]:
        """Read the filter: what to see, and the size of a page if one is given."""
        for field in call.fields("filter"):
            if field not in HONOURED:
                raise invalid(f"filter.{field}")
        given = call.text("filter", "maxCount") is not None
        count = _count(call, "filter", "maxCount") if given else None
        begin, end = _time(call, "beginTime"), _time(call, "endTime")
        return View(begin=begin, end=end, birth=self._history.end), count


def _xml(records: Iterable[Record]) -> bytes:
    return b"".join(record.xml for record in records)


def _find(call: Call, session: Session) -> Collector:
    collector = session.collectors.get(call.receiver)
    if collector is None:
        raise not_found(call.kind, call.receiver)
    return collector


def _count(call: Call, *path: str) -> int:
    """Read the number of events at *path*, which must be from 1 to a page."""
    try:
        count = int(call.text(*path) or "")
    except ValueError:
        count = 0
    if not 1 <= count <= PAGE_LIMIT:
        raise invalid(".".join(path))
    return count


def _time(call: Call, name: str) -> dt.datetime | None:
    """Read the bound *name* of the filter's time; one without an offset is UTC."""
    written = call.text("filter", "time", name)
    if written is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(written)
    except ValueError as error:
        raise invalid(f"filter.time.{name}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
