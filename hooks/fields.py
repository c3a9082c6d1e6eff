"""Fields of an object that may have been stored under an open schema: it may lack anything."""

from typing import TypeVar

from .model import Object

T = TypeVar("T")

_TYPES = {bool: "boolean", dict: "object", str: "string"}


class FieldError(Exception):
    """A field is not what it must be; says which, and what that is."""


def read(found: Object, path: str, kind: type[T], *, default: T | None = None) -> T:
    """Read the field at a dotted *path*; raises `FieldError` if it is missing or no *kind*."""
    value: object = found
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if value is None:
        value = default
    if value is None:
        raise FieldError(f"{path}: is required.")
    if not isinstance(value, kind):
        raise FieldError(f"{path}: must be of type {_TYPES[kind]}.")
    return value
