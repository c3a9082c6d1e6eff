"""From vCenter's answers, as bytes, to the elements of the events in them. No I/O.

An answer is read as a whole. Where XML forbids that (a character, an entity, a depth of nesting),
each event is read by itself, so that one never costs the others.
"""

import contextlib
import datetime as dt
import re
import sys
from collections.abc import Iterable, Iterator

from lxml import etree

from .message import moment
from .wire import PRIMITIVES, XSD, XSI, XSI_TYPE, local_name, type_of

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 forbids; guest tools put them into names."""

_REFERENCE = re.compile("&#(?:x([0-9a-f]{1,99})|([0-9]{1,99}));", re.IGNORECASE)

_ANSWERS = ("{*}ReadNextEventsResponse", "{*}QueryEventsResponse", "{*}FetchResponse")
"""What holds events: pages of a collector, a query, and the property `latestPage`."""

_NAMESPACE = b' xmlns="urn:vim25"'

_PLAIN = {"xsi": XSI, "xsd": XSD}
"""What an event in plain XML declares; no name is in a namespace."""

_QUALIFIED = etree.XPath("descendant::*[namespace-uri()]")
_PREFIXED = etree.XPath(
    "descendant::*/@xsi:type[contains(., ':') and not(starts-with(., 'xsd:'))]/..",
    namespaces=_PLAIN,
)
"""What is not yet plain; libxml2 finds it much faster than a loop over all elements."""

_END = re.compile(rb"</(?:\w+:)?Envelope>\s*\Z")

_EVENT = rb"<((?:\w+:)?%s)(?=[\s>/])[^>]*(?:/>|>.*?</\1>)"
"""An event in an answer: no property of an event has one of these names."""

_DECLARATION = re.compile(rb"""\s(xmlns(?::\w+)?)=("[^"]*"|'[^']*')""")

_USUAL = {b"xmlns:xsi": b'"%s"' % XSI.encode(), b"xmlns:xsd": b'"%s"' % XSD.encode()}

_TOLD = re.compile(
    rb"<Event[^>]*>\s*<key>(-?\d+)</key>.*?<createdTime>([^<]+)</createdTime>", re.DOTALL
)


class PageError(Exception):
    """An answer of vCenter cannot be read as a page of events."""


def elements(document: bytes) -> list[etree._Element | bytes]:
    """Find the events in a SOAP answer, as plain XML; one that is no XML by itself stays bytes.

    Raises `PageError` for an answer that is cut off, or is something else.
    """
    # Most answers have no other, and are plain from here on.
    at = document.find(_NAMESPACE, 0, document.find(b"<returnval"))
    if at >= 0:
        document = document.replace(_NAMESPACE, b"", 1)
    try:
        return _events(document)
    except etree.XMLSyntaxError as error:
        if not _END.search(document):
            raise PageError(f"a page of events is cut off: {error.msg}") from error
    try:
        return _events(_legal(document))
    except etree.XMLSyntaxError as error:
        parts = list(_one_by_one(_legal(document)))
        if not parts:
            raise PageError(f"a page of events is not XML: {error.msg}") from error
        return parts


def newest(update: bytes) -> tuple[int, dt.datetime] | None:
    """Find key and time of the event in the last change of a latest page that has one event."""
    for key, created in reversed(_TOLD.findall(update)):
        with contextlib.suppress(ValueError):
            return int(key), moment(created.decode())
    return None


def _events(document: bytes) -> list[etree._Element | bytes]:
    for answer in _parse(document).iter(*_ANSWERS):
        return _plain(answer.iterfind("{*}returnval/*") if _is_property(answer) else answer)
    raise PageError("an answer holds no page of events")


def _plain(events: Iterable[etree._Element]) -> list[etree._Element | bytes]:
    """Free *events* from their answer, names from namespaces, and types from other prefixes."""
    page = etree.Element("page", nsmap=_PLAIN)
    page.extend(list(events))
    for element in _QUALIFIED(page):
        element.tag = local_name(element)
    for element in _PREFIXED(page):
        kind = type_of(element) or ""
        element.set(XSI_TYPE, f"xsd:{kind}" if kind in PRIMITIVES else kind)
    etree.cleanup_namespaces(page, keep_ns_prefixes=list(_PLAIN))
    return [*page]


def _is_property(answer: etree._Element) -> bool:
    return local_name(answer) == "FetchResponse"


def _one_by_one(document: bytes) -> Iterator[etree._Element | bytes]:
    """Read each event with the prefixes declared that the answer declares, or that are usual."""
    name = b"Event" if b"FetchResponse" in document else b"returnval"
    found = list(re.finditer(_EVENT % name, document, re.DOTALL))
    head = document[: found[0].start()] if found else b""
    declared = _USUAL | dict(_DECLARATION.findall(head))
    page = b"<page %s>" % b" ".join(b"%s=%s" % item for item in declared.items())
    for event in found:
        try:
            yield from _plain(_parse(page + event[0] + b"</page>"))
        except etree.XMLSyntaxError:
            yield event[0]


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
