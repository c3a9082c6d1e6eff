"""The calls of property collectors: filters on properties, and the long poll for their changes."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable

from .history import History
from .markup import reference
from .properties import Properties, specified
from .sessions import Later, Operation, PropertyCollector, Session
from .soap import Call, SoapFault, invalid, not_found
from .updates import Filters, Updates


class Watching:
    """Carries out calls on property collectors; *closing* ends all waits.

    A wait goes on when its session ends, as in vcsim, and ends as canceled with its collector.
    """

    def __init__(
        self,
        history: History,
        properties: Properties,
        *,
        new_id: Callable[[], str],
        closing: threading.Event,
    ) -> None:
        self._history = history
        self._properties = properties
        self._new_id = new_id
        self._closing = closing
        self._epoch = 0
        self._waits: set[object] = set()
        self.operations: dict[str, Operation] = {
            "PropertyCollector.CreatePropertyCollector": self._create,
            "PropertyCollector.CreateFilter": self._create_filter,
            "PropertyCollector.WaitForUpdatesEx": self._wait_for_updates,
            "PropertyCollector.CancelWaitForUpdates": self._cancel,
            "PropertyCollector.DestroyPropertyCollector": self._destroy,
            "PropertyFilter.DestroyPropertyFilter": self._destroy_filter,
        }

    @property
    def open(self) -> int:
        """How many wait at this moment."""
        return len(self._waits)

    def end_waits(self) -> None:
        """Let every wait of this moment end."""
        self._epoch += 1
        self._history.wake()

    def _create(self, _call: Call, session: Session) -> bytes:
        name = f"session[{session.key}]{self._new_id()}"
        session.property_collectors[name] = PropertyCollector()
        return reference("returnval", "PropertyCollector", name).encode()

    def _create_filter(self, call: Call, session: Session) -> bytes:
        collector = _find(call, session)
        [spec] = call.all("spec")
        paths = list(itertools.chain(*specified(spec)))
        for path in paths:
            # Whoever asks for what is not there hears so at once.
            self._properties.value(session, path)
        name = f"session[{session.key}]{self._new_id()}"
        collector.filters[name] = dict.fromkeys(paths, -1)
        return reference("returnval", "PropertyFilter", name).encode()

    def _wait_for_updates(self, call: Call, session: Session) -> Later:
        """Wait for changes since a version, or tell everything if that is not the last one told."""
        collector = _find(call, session)
        version = call.text("version") or ""
        if version and not (version.isdecimal() and 1 <= int(version) <= collector.version):
            raise SoapFault("InvalidCollectorVersion", "")
        unknown = {} if version == str(collector.version) else dict(collector.filters)
        timeout = _timeout(call)
        updates = Updates(properties=self._properties, session=session, collector=collector)

        def later() -> bytes:
            changed = self._wait(updates, unknown, timeout)
            return updates.tell(changed, b"modify" if version else b"enter") if changed else b""

        return later

    def _wait(self, updates: Updates, changed: Filters, timeout: float | None) -> Filters:
        """Wait until something has changed, for *timeout* seconds at most, and return what."""
        collector = updates.collector
        begun = (self._epoch, collector.cancellations)

        def ready() -> bool:
            nonlocal changed
            changed = changed or updates.changed()
            return bool(changed) or self._ended(collector, begun)

        wait = object()
        self._waits.add(wait)
        try:
            self._history.wait(ready, timeout)
        finally:
            self._waits.remove(wait)
        if self._ended(collector, begun):
            raise SoapFault("RequestCanceled", "")
        return changed

    def _ended(self, collector: PropertyCollector, begun: tuple[int, int]) -> bool:
        return self._closing.is_set() or begun != (self._epoch, collector.cancellations)

    def _cancel(self, call: Call, session: Session) -> bytes:
        _find(call, session).cancellations += 1
        self._history.wake()
        return b""

    def _destroy(self, call: Call, session: Session) -> bytes:
        self._cancel(call, session)
        if session.property_collectors.pop(call.receiver, None) is None:
            raise SoapFault("InvalidState", "A session keeps the property collector it came with")
        return b""

    def _destroy_filter(self, call: Call, session: Session) -> bytes:
        own = session.own_property_collector
        for collector in (own, *session.property_collectors.values()):
            if collector.filters.pop(call.receiver, None) is not None:
                return b""
        raise not_found(call.kind, call.receiver)


def _find(call: Call, session: Session) -> PropertyCollector:
    """Return the collector called, which is the session's own if it bears no session's name."""
    if not call.receiver.startswith("session["):
        return session.own_property_collector
    try:
        return session.property_collectors[call.receiver]
    except KeyError:
        raise not_found(call.kind, call.receiver) from None


def _timeout(call: Call) -> float | None:
    written = call.text("options", "maxWaitSeconds")
    if written is None:
        return None
    if not written.isdecimal():
        raise invalid("options.maxWaitSeconds")
    return float(written)
