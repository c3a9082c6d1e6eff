"""From a page of vSphere events, as bytes, to messages ready to send. No I/O.

Pages are not decoded by pyVmomi: one event of a type it does not know would cost the whole page.
"""

import datetime as dt
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from cloudevents.core.bindings.http import to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from lxml import etree

from . import jsondata, xmldata
from .wire import local_name, type_of

JSON = "application/json"
XML = "application/xml"

ORDER_BY = ("vm", "host", "computeResource", "ds", "net", "dvs", "datacenter")
"""The properties whose object an event is about; the first one present decides its order key."""

_FORMAT = JSONFormat()
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 forbids; guest tools put them into names."""

_REFERENCE = re.compile("&#(?:x([0-9a-f]{1,99})|([0-9]{1,99}));", re.IGNORECASE)


class PageError(Exception):
    """An answer of vCenter cannot be read as a page of events."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One vSphere event: what the adapter itself must know of it, and its message."""

    key: int
    created: dt.datetime
    type: str
    order_key: str
    headers: tuple[str, ...]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """What the messages of one source have in common."""

    source: str
    api_version: str
    encoding: str
    extensions: Mapping[str, str]

    def page(self, document: bytes) -> list[Event]:
        """Decode the SOAP answer to ReadNextEvents; raises `PageError`."""
        try:
            return [self.event(element) for element in _elements(document)]
        except RecursionError as error:
            raise PageError("an event is nested too deeply") from error

    def event(self, element: etree._Element) -> Event:
        """Encode one `returnval` element; it is consumed. Raises `PageError`."""
        name = type_of(element) or "Event"
        known = {local_name(child): child for child in element}
        try:
            key = int(known["key"].text or "")
            created = dt.datetime.fromisoformat(known["createdTime"].text or "")
        except (KeyError, ValueError) as error:
            raise PageError(f"an event of class {name} has no readable key or time") from error
        if created.tzinfo is None:
            created = created.replace(tzinfo=dt.UTC)
        kind, event_class = _kind(name, known)
        order_key = _order_key(known)
        # Attributes first: building XML data moves the children out of the element.
        attributes = {
            "specversion": "1.0",
            "id": str(key),
            "source": self.source,
            "type": f"com.vmware.vsphere.{kind}.v0",
            "time": created,
            "datacontenttype": self.encoding,
            "eventclass": event_class,
            "vsphereapiversion": self.api_version,
            **self.extensions,
        }
        write = jsondata.write if self.encoding == JSON else xmldata.write
        message = to_binary(CloudEvent(attributes, write(element, name)), _FORMAT)
        return Event(
            key=key,
            created=created,
            type=kind,
            order_key=order_key,
            headers=tuple(f"{name}: {value}" for name, value in message.headers.items()),
            body=message.body,
        )


def _elements(document: bytes) -> list[etree._Element]:
    """Find the events in a SOAP answer."""
    try:
        envelope = _parse(document)
    except etree.XMLSyntaxError:
        try:
            envelope = _parse(_legal(document))
        except etree.XMLSyntaxError as error:
            raise PageError(f"a page of events is not XML: {error.msg}") from error
    for element in envelope.iter("{urn:vim25}ReadNextEventsResponse"):
        return list(element)
    raise PageError("an answer to ReadNextEvents holds no page of events")


def _parse(document: bytes) -> etree._Element:
    # A new parser each time: no entities, no network, nothing but elements.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    root = etree.fromstring(document, parser)
    if root.getroottree().docinfo.doctype:
        raise PageError("a page of events declares a document type, which SOAP forbids")
    return root


def _legal(document: bytes) -> bytes:
    """Put a question mark in the place of what XML does not allow."""

    def checked(reference: re.Match[str]) -> str:
        code = int(reference[1], 16) if reference[1] else int(reference[2])
        return "?" if code > sys.maxunicode or _ILLEGAL.match(chr(code)) else reference[0]

    text = _REFERENCE.sub(checked, document.decode(errors="replace"))
    return _ILLEGAL.sub("?", text).encode()


def _kind(name: str, known: Mapping[str, etree._Element]) -> tuple[str, str]:
    """Return the word that stands in the CloudEvent type, and the event class."""
    event_class = {"EventEx": "eventex", "ExtendedEvent": "extendedevent"}.get(name, "event")
    type_id = known["eventTypeId"].text if "eventTypeId" in known else None
    if event_class == "event" or not type_id:
        return name, event_class
    return type_id, event_class


def _order_key(known: Mapping[str, etree._Element]) -> str:
    """Name the object that the event is about; its reference, for names are not unique."""
    for name in ORDER_BY:
        if name in known:
            return next((part.text or "" for part in known[name] if part.get("type")), name)
    return ""
