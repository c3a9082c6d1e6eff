"""How vSphere writes values in XML: names, types, and what pyVmomi's registry knows of them."""

import datetime as dt
import functools
from dataclasses import dataclass
from enum import Enum

from lxml import etree
from pyVmomi import VmomiSupport, vmodl

XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"
VIM = "urn:vim25"

XSI_TYPE = f"{{{XSI}}}type"


class Kind(Enum):
    """What a value is, as far as its JSON form depends on it."""

    TEXT = "text"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    REFERENCE = "reference"
    OBJECT = "object"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Field:
    """One property of a class: what it holds, of which class if an object, whether it repeats."""

    kind: Kind
    name: str = ""
    many: bool = False


PRIMITIVES = {
    "boolean": Kind.BOOLEAN,
    "byte": Kind.INTEGER,
    "short": Kind.INTEGER,
    "int": Kind.INTEGER,
    "long": Kind.INTEGER,
    "float": Kind.NUMBER,
    "double": Kind.NUMBER,
    "string": Kind.TEXT,
    "dateTime": Kind.TEXT,
    "base64Binary": Kind.TEXT,
    "anyURI": Kind.TEXT,
}
"""XML Schema's names of the values that are no objects."""


def local_name(element: etree._Element) -> str:
    """The element's name without its namespace."""
    tag = str(element.tag)
    return tag[tag.rfind("}") + 1 :]


def type_of(element: etree._Element) -> str | None:
    """The element's `xsi:type` without prefix; vSphere writes it where a value is polymorphic."""
    value = element.get(XSI_TYPE)
    return None if value is None else value[value.rfind(":") + 1 :]


@functools.cache
def fields(class_name: str) -> dict[str, Field]:
    """Tabulate the properties of a class, inherited ones included; empty for an unknown class."""
    try:
        registered = VmomiSupport.GetWsdlType(VIM, class_name)
    except KeyError:
        return {}
    if not hasattr(registered, "_GetPropertyList"):
        return {}
    return {item.name: _field(item.type, class_name) for item in registered._GetPropertyList()}  # noqa: SLF001  pyVmomi's own way to list them


def item_field(array_name: str) -> Field:
    """What the items of `ArrayOf<X>` are."""
    item = array_name.removeprefix("ArrayOf")
    lowered = item[:1].lower() + item[1:]
    if lowered in PRIMITIVES:
        return Field(PRIMITIVES[lowered])
    if item == "ManagedObjectReference":
        return Field(Kind.REFERENCE)
    if item == "AnyType":
        return Field(Kind.ANY)
    return Field(Kind.OBJECT, item) if fields(item) else Field(Kind.ANY)


def is_enumeration(class_name: str) -> bool:
    """Whether pyVmomi knows a class of that name whose values are words."""
    try:
        return issubclass(VmomiSupport.GetWsdlType(VIM, class_name), str)
    except KeyError:
        return False


def _field(declared: type, owner: str) -> Field:
    item = getattr(declared, "Item", None)
    if item is not None:
        one = _field(item, owner)
        return Field(one.kind, one.name, many=True)
    if declared is object:
        return Field(Kind.ANY)
    # A bool is an int to Python, so it comes first.
    for python_type, kind in (
        (bool, Kind.BOOLEAN),
        (int, Kind.INTEGER),
        (float, Kind.NUMBER),
        (VmomiSupport.ManagedObject, Kind.REFERENCE),
        ((str, bytes, dt.datetime, type, VmomiSupport.ManagedMethod), Kind.TEXT),
    ):
        if issubclass(declared, python_type):
            return Field(kind)
    if issubclass(declared, vmodl.MethodFault) and owner != "LocalizedMethodFault":
        # pyVmomi unwraps faults; on the wire each is wrapped with its message.
        return Field(Kind.OBJECT, "LocalizedMethodFault")
    return Field(Kind.OBJECT, VmomiSupport.GetWsdlName(declared))
