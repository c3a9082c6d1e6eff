"""An event as JSON data, in the shape of VMware's Virtual Infrastructure JSON API.

An object names its class in `_typeName`; a reference is an object of class
`ManagedObjectReference` with `type` and `value`; a value where anything may stand is boxed:
`{"_typeName": "int", "_value": 3}`. See "Virtual Infrastructure JSON API", data structures
`Any`, `PrimitiveString`, `ArrayOfString`.

Types come from pyVmomi's registry and from `xsi:type`. What neither knows stays a string, or a
list when repeated; so does a value that its type does not allow.
"""

import json
import math
from typing import Any

from lxml import etree

from .wire import PRIMITIVES, Field, Kind, fields, is_enumeration, item_field, type_of

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def write(element: etree._Element, class_name: str) -> bytes:
    """Serialise an event."""
    return _ENCODER.encode(_object(element, class_name)).encode()


def _object(element: etree._Element, class_name: str) -> dict[str, Any]:
    return {"_typeName": class_name, **_members(element, fields(class_name))}


def _members(element: etree._Element, known: dict[str, Field]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for child in element:
        name = str(child.tag)
        field = known.get(name)
        value = _value(child, field)
        if field is not None and field.many:
            members.setdefault(name, []).append(value)
        elif name not in members:
            members[name] = value
        elif isinstance(members[name], list):
            members[name].append(value)
        else:
            members[name] = [members[name], value]
    return members


def _value(element: etree._Element, field: Field | None) -> Any:  # noqa: ANN401  any JSON
    written = type_of(element)
    if written is None:
        return _declared(element, field)
    if written == "ManagedObjectReference":
        return _reference(element)
    if written in PRIMITIVES or is_enumeration(written):
        value = _primitive(element.text or "", PRIMITIVES.get(written, Kind.TEXT))
        if field is not None and field.kind is not Kind.ANY:
            return value
        return {"_typeName": "binary" if written == "base64Binary" else written, "_value": value}
    if written.startswith("ArrayOf"):
        items = [_value(child, item_field(written)) for child in element]
        return {"_typeName": written, "_value": items}
    return _object(element, written)


def _declared(element: etree._Element, field: Field | None) -> Any:  # noqa: ANN401  any JSON
    """Read a value that does not name its type, by what its field is declared to be."""
    if field is None or field.kind is Kind.ANY:
        return _unknown(element)
    if field.kind is Kind.OBJECT:
        return _object(element, field.name)
    if field.kind is Kind.REFERENCE:
        return _reference(element)
    return _primitive(element.text or "", field.kind)


def _unknown(element: etree._Element) -> Any:  # noqa: ANN401  any JSON
    if len(element):
        return _members(element, {})
    return _reference(element) if element.get("type") else (element.text or "")


def _reference(element: etree._Element) -> dict[str, str]:
    return {
        "_typeName": "ManagedObjectReference",
        "type": element.get("type", ""),
        "value": element.text or "",
    }


def _primitive(text: str, kind: Kind) -> str | bool | int | float:
    if kind is Kind.TEXT:
        return text
    try:
        if kind is Kind.BOOLEAN:
            return _BOOLEANS[text]
        if kind is Kind.INTEGER:
            return int(text)
        # NaN and INF are numbers to XML Schema but not to JSON.
        if kind is Kind.NUMBER and math.isfinite(number := float(text)):
            return number
    except (ValueError, KeyError):
        pass
    return text
