"""What stands around a workload or a binding: its namespace, and the bindings in that."""

from .choice import Namespace
from .model import GROUP, Children, Object
from .subjects import VSphereBinding

_BINDINGS = {"apiVersion": f"{GROUP}/v1alpha1", "resource": "vspherebindings"}
_BINDINGS_KEY = f"VSphereBinding.{GROUP}/v1alpha1"
_NAMESPACES = {"apiVersion": "v1", "resource": "namespaces"}
_NAMESPACES_KEY = "Namespace.v1"


def rules(namespace: str) -> list[Object]:
    """Ask Metacontroller for *namespace* and for the bindings in it."""
    return [
        _BINDINGS | {"namespace": namespace},
        _NAMESPACES | {"names": [namespace]},
    ]


def bindings_in(related: Children) -> list[VSphereBinding]:
    """Parse the bindings that Metacontroller has found."""
    return VSphereBinding.readable(related.get(_BINDINGS_KEY, {}).values())


def namespace_in(related: Children, name: str) -> Namespace:
    """Read the namespace that Metacontroller has found, if it still is there."""
    found = related.get(_NAMESPACES_KEY, {}).get(name)
    if found is None:
        return Namespace(name=name)
    return Namespace(name=name, labels=found["metadata"].get("labels") or {})
