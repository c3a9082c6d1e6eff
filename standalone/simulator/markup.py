"""vSphere XML as text: the few shapes that answers and events are made of.

Every element stands in the default namespace urn:vim25, and `xsi` and `xsd` are the prefixes of the
SOAP envelope around it (`soap`).
"""

from __future__ import annotations

import datetime as dt
from xml.sax.saxutils import escape, quoteattr


def text(name: str, value: object, *, kind: str | None = None) -> str:
    """Write a leaf element; *kind* becomes its xsi:type."""
    return element(name, escape(_lexical(value)), kind=kind)


def element(name: str, *content: str, kind: str | None = None) -> str:
    """Write an element around *content*; *kind* becomes its xsi:type."""
    typed = "" if kind is None else f" xsi:type={quoteattr(kind)}"
    return f"<{name}{typed}>{''.join(content)}</{name}>"


def reference(name: str, kind: str, identifier: str) -> str:
    """Write a reference to the managed object *identifier* of type *kind*."""
    return f"<{name} type={quoteattr(kind)}>{escape(identifier)}</{name}>"


def timestamp(moment: dt.datetime) -> str:
    """Write *moment* as vCenter does: UTC, with microseconds and a Z."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _lexical(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case dt.datetime():
            return timestamp(value)
        case _:
            return str(value)
