"""The decoration of one workload: writing it takes the workload through admission, which binds it.

Once the decoration is right, nothing would be written again. Should the template not be what it has
to be then, admission was out of reach; so the decoration names a slot of the clock, and is written
once more in each slot until the template is right.
"""

import datetime as dt

from . import choice, decoration, injection, surroundings
from .annotations import DECORATION, text
from .choice import Choice, Scope
from .model import Object, RequestError

SLOT_SECONDS = 30
MOST_SLOTS_AHEAD = 10
RETRY_SECONDS = 5
"""When to see whether a write took effect.

Metacontroller drops one that meets a conflict, in the belief that it will hear of what changed. Of
a change of the status alone it does not.
"""


def sync(request: Object, *, now: dt.datetime, scope: Scope) -> Object:
    """Answer a `sync` request (v2) of a DecoratorController; raises `RequestError`."""
    workload = _workload(request, "object")
    related = request.get("related") or {}
    chosen = choice.choose(
        workload,
        surroundings.bindings_in(related),
        namespace=surroundings.namespace_in(related, workload["metadata"]["namespace"]),
        scope=scope,
    )
    if chosen.hands_off:
        return _answer(workload, {})
    if _is_behind(workload, chosen):
        slot = _slot(workload, int(now.timestamp()) // SLOT_SECONDS)
        again = decoration.text(workload, chosen.binding, slot=slot)
        return _answer(workload, {DECORATION: again}, settled_seconds=SLOT_SECONDS)
    return _answer(workload, _annotations(workload, chosen))


def customize(request: Object) -> Object:
    """Name what `sync` wants to see beside the workload; raises `RequestError`."""
    workload = _workload(request, "parent")
    return {"relatedResources": surroundings.rules(workload["metadata"]["namespace"])}


def _is_behind(workload: Object, chosen: Choice) -> bool:
    """Whether the template should have been changed when the decoration was written."""
    return (
        decoration.says(workload, chosen.binding)
        and not choice.is_frozen(workload)
        and not injection.agrees(workload, chosen.injection)
    )


def _slot(workload: Object, current: int) -> int:
    """Keep to a slot that has been written by a clock ahead of this one.

    Two replicas that each write their own would undo each other's writes without a pause.
    """
    written = decoration.slot(workload)
    return written if current < written <= current + MOST_SLOTS_AHEAD else current


def _annotations(workload: Object, chosen: Choice) -> dict[str, str | None]:
    """Say what to write; what is right stays as it is, and so does what is not ours."""
    if chosen.binding is None:
        return {DECORATION: None} if decoration.is_own(workload) else {}
    if decoration.says(workload, chosen.binding):
        return {DECORATION: text(workload, DECORATION)}
    return {DECORATION: decoration.text(workload, chosen.binding)}


def _answer(
    workload: Object, annotations: dict[str, str | None], *, settled_seconds: int = 0
) -> Object:
    """Answer *annotations*; once they are there, ask to be called after *settled_seconds*."""
    settled = all(text(workload, name) == value for name, value in annotations.items())
    return {
        "annotations": annotations,
        "resyncAfterSeconds": settled_seconds if settled else RETRY_SECONDS,
    }


def _workload(request: Object, field: str) -> Object:
    match request.get(field):
        case {"apiVersion": str(), "kind": str(), "metadata": {"name": str(), "namespace": str()}}:
            workload: Object = request[field]
            return workload
    raise RequestError(f"The hook request has no workload in the field {field}.")
