"""The two annotations by which a workload is bound, and how annotations are read and written."""

import json

from .model import GROUP, Object

DECORATION = f"{GROUP}/vsphere-binding"
"""What the workload is to be bound to; written by Metacontroller, corrected at admission."""

ORIGINAL = f"{GROUP}/vsphere-binding-original"
"""What was injected, and what was there before; written at admission."""


def canonical(value: object) -> str:
    """Write *value* as JSON, equal values as equal texts."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def text(workload: Object, name: str) -> str | None:
    """Read an annotation."""
    found: str | None = (workload["metadata"].get("annotations") or {}).get(name)
    return found


def parsed(workload: Object, name: str) -> object:
    """Read an annotation that is JSON; None for any other, since anybody may write one."""
    try:
        return json.loads(text(workload, name) or "")
    except (ValueError, RecursionError):
        return None


def annotated(workload: Object, name: str, value: str | None) -> Object:
    """Return *workload* with that annotation, or without it; the last one leaves no empty map."""
    metadata = workload["metadata"]
    kept = {key: found for key, found in (metadata.get("annotations") or {}).items() if key != name}
    if value is not None:
        kept[name] = value
    bare = {key: found for key, found in metadata.items() if key != "annotations"}
    return {**workload, "metadata": {**bare, "annotations": kept} if kept else bare}
