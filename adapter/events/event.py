"""From a page of vSphere events, as bytes, to messages ready to send. No I/O.

Pages are not decoded by pyVmomi: one event of a type it does not know would cost the whole page.
"""

import datetime as dt
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from . import gap, jsondata, page, xmldata
from .gap import Gap
from .message import Template, moment
from .wire import type_of

JSON = "application/json"
XML = "application/xml"

ORDER_BY = ("vm", "host", "computeResource", "ds", "net", "dvs", "datacenter")
"""The properties whose object an event is about; the first one present decides its order key."""

_CLASSES = {"EventEx": "eventex", "ExtendedEvent": "extendedevent"}
"""Classes that are no classes of events: what is in them has an `eventTypeId`."""


class UnreadableError(Exception):
    """An event cannot be sent in any form; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One event: what the adapter itself must know of it, and its message.

    One that has a `gap` is a notice of the adapter's own, and no event of vCenter: when it is
    settled, all is settled up to the gap's end. A *needless* one tells of what was read all the
    same: it is not sent, and is settled with all that was read before it.
    """

    key: int
    created: dt.datetime
    type: str
    order_key: str
    headers: tuple[str, ...]
    body: bytes
    gap: Gap | None = None
    needless: bool = False


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """Writes the messages of one source, and knows what they have in common."""

    source: str
    api_version: str
    encoding: str
    extensions: Mapping[str, str]

    @functools.cached_property
    def template(self) -> Template:
        """The headers of its messages; *extensions* may replace what we add."""
        extensions = {"vsphereapiversion": self.api_version, **self.extensions}
        return Template(source=self.source, encoding=self.encoding, extensions=extensions)

    def page(self, document: bytes, *, near: dt.datetime) -> list[Event]:
        """Decode an answer that holds events, read after one of the time *near*.

        Where one cannot be read, and where vCenter has left some out, a notice stands for them.
        Raises `PageError`.
        """
        events: list[Event] = []
        for element in page.elements(document):
            try:
                events += self._read(element)
            except (UnreadableError, RecursionError) as error:
                created = events[-1].created if events else near
                events.append(self.notice(gap.unreadable(element, str(error), near=created)))
        return events

    def _read(self, element: etree._Element | bytes) -> Iterator[Event]:
        """Encode an event, and what it says of others."""
        if isinstance(element, bytes):
            raise UnreadableError("it is no XML")
        event = self.event(element)
        yield event
        if event.type == gap.COMPRESSED:
            missing = gap.compressed(element, key=event.key, created=event.created)
            # It is found again with the event that tells of it, and only then.
            yield self.notice(missing, created=event.created)
        # A page of large events is a tree of some MiB: what is read of it goes at once.
        element.clear()

    def event(self, element: etree._Element) -> Event:
        """Encode an element of a page. Raises `UnreadableError`, `RecursionError`."""
        name = type_of(element) or "Event"
        known = {str(child.tag): child for child in element}
        key, created = _identity(name, known)
        kind = _kind(name, known)
        order_key = _order_key(known)
        write = jsondata.write if self.encoding == JSON else xmldata.write
        return Event(
            key=key,
            created=created,
            type=kind,
            order_key=order_key,
            headers=self.template.headers(
                id=str(key), created=created, kind=kind, event_class=_CLASSES.get(name, "event")
            ),
            body=write(element, name),
        )

    def notice(self, missing: Gap, *, created: dt.datetime | None = None) -> Event:
        """Encode the warning that events may be missing.

        As long as it is not settled, nothing is after *created*, or else the begin of the gap.
        """
        return Event(
            key=missing.key,
            created=created or missing.start,
            type=gap.KIND,
            order_key="",
            headers=self.template.headers(
                id=missing.id, created=missing.end, kind=gap.KIND, event_class="event"
            ),
            body=missing.json() if self.encoding == JSON else missing.xml(),
            gap=missing,
        )


def _identity(name: str, known: Mapping[str, etree._Element]) -> tuple[int, dt.datetime]:
    """Read key and time."""
    try:
        key = int(known["key"].text or "")
        created = moment(known["createdTime"].text or "")
    except (KeyError, ValueError) as error:
        raise UnreadableError(f"that of class {name} has no readable key or time") from error
    return key, created


def _kind(name: str, known: Mapping[str, etree._Element]) -> str:
    """Return the word that stands in the CloudEvent type."""
    type_id = known.get("eventTypeId") if name in _CLASSES else None
    return name if type_id is None else type_id.text or name


def _order_key(known: Mapping[str, etree._Element]) -> str:
    """Name the object that the event is about; its reference, for names are not unique."""
    for name in ORDER_BY:
        if name in known:
            return next((part.text or "" for part in known[name] if part.get("type")), name)
    return ""
