"""The status of one VSphereBinding: how many workloads are bound, which are not, and why.

Each write of a status calls the hooks of all workloads of the namespace. So the status does not
count along while several of them are being bound, and is in no hurry to count others.
"""

import datetime as dt
from collections.abc import Mapping, Sequence

from . import choice, conditions, injection, lookup, pace, surroundings, unbound
from .choice import Scope
from .conditions import HAPPY, Verdict
from .fields import FieldError
from .model import Children, Object, RequestError, ServedKinds
from .subjects import VSphereBinding
from .unbound import Unbound

UNSERVED_RESYNC_SECONDS = 60
MOST_LISTED = 20
"""How many workloads the status lists one by one."""


def parent_of(request: Object) -> VSphereBinding | Verdict:
    """The binding that a request is about, or why it cannot be read; raises `RequestError`."""
    if not isinstance(request.get("parent"), dict):
        raise RequestError("The hook request has no field parent.")
    try:
        return VSphereBinding.from_object(request["parent"])
    except FieldError as error:
        message = f"{error} Correct it and apply the binding again: until then it binds nothing."
        return Verdict("False", "Invalid", message)


def sync(request: Object, *, now: dt.datetime, served: ServedKinds, scope: Scope) -> Object:
    """Answer a `sync` request (v2) of a CompositeController; raises `RequestError`."""
    verdict, counts = _judged(request, served=served, scope=scope)
    parent = request["parent"]
    stored = parent.get("status") or {}
    ready = conditions.condition("Ready", verdict, previous=stored.get("conditions") or [], now=now)
    generation = parent["metadata"]["generation"]
    status = {"observedGeneration": generation, **counts, "conditions": [ready]}
    waits = verdict.reason in {"KindNotServed", "SubjectNotLookedUp"}
    held = pace.hold_seconds(parent, status, now=now)
    return {
        "status": stored if held else status,
        "children": [],
        "resyncAfterSeconds": held or (UNSERVED_RESYNC_SECONDS if waits else 0),
    }


def customize(binding: VSphereBinding | Verdict, *, served: ServedKinds, scope: Scope) -> Object:
    """Name what `sync` wants to see beside the binding: nothing, if that cannot be read."""
    if isinstance(binding, Verdict):
        return {"relatedResources": []}
    rules = surroundings.rules(binding.namespace)
    # A rule for a kind that is not served would stop Metacontroller before it calls `sync`; and
    # what cannot be bound, a Secret above all, must never come this way.
    if lookup.obstacle(binding, served=served, scope=scope) is None:
        rules.append(lookup.rule(binding, served=served))
    return {"relatedResources": rules}


def _judged(request: Object, *, served: ServedKinds, scope: Scope) -> tuple[Verdict, Object]:
    """Judge the binding as a whole, and count its subjects where there can be any."""
    binding, related = parent_of(request), request.get("related") or {}
    if isinstance(binding, Verdict):
        return binding, {}
    found = lookup.obstacle(binding, served=served, scope=scope) or lookup.found(
        binding, related=related, served=served
    )
    if isinstance(found, Verdict):
        return found, {}
    subjects = _subjects(binding, found)
    missed = _unbound(binding, subjects, related=related, scope=scope)
    return _ready(binding, subjects, missed), _counts(subjects, missed)


def _subjects(binding: VSphereBinding, found: Mapping[str, Object]) -> list[Object]:
    """Sort those selected by name, but for Jobs that ended without being bound."""
    counting = [
        workload
        for workload in found.values()
        if binding.selects(workload)
        and (not unbound.is_over(workload) or injection.agrees(workload, binding.injection))
    ]
    return sorted(counting, key=lambda workload: str(workload["metadata"]["name"]))


def _unbound(
    binding: VSphereBinding, subjects: Sequence[Object], *, related: Children, scope: Scope
) -> list[Unbound]:
    others = [other for other in surroundings.bindings_in(related) if other.name != binding.name]
    namespace = surroundings.namespace_in(related, binding.namespace)
    judged = (
        unbound.judge(
            workload,
            binding,
            chosen=choice.choose(workload, [binding, *others], namespace=namespace, scope=scope),
            own_namespace=scope.own_namespace,
        )
        for workload in subjects
    )
    return [missed for missed in judged if missed is not None]


def _counts(subjects: Sequence[Object], missed: Sequence[Unbound]) -> Object:
    """Count the bound and list the unbound, as far as these do not change all the time."""
    pending = [one for one in missed if one.reason == unbound.PENDING]
    listed = [one for one in missed if one not in pending] if len(pending) > 1 else missed
    counts: Object = {} if pending else {"bound": len(subjects) - len(missed)}
    if listed:
        counts["unbound"] = [one.to_object() for one in listed[:MOST_LISTED]]
    return counts


def _ready(
    binding: VSphereBinding, subjects: Sequence[Object], missed: Sequence[Unbound]
) -> Verdict:
    """Sum up; a workload that a selector meets by chance and that stays out does no harm."""
    subject = binding.subject
    if not subjects and subject.name:
        missing = f"{subject.kind} {binding.namespace}/{subject.name}"
        message = f"spec.subject: there is no {missing}. Create it, or correct the name."
        return Verdict("False", "SubjectMissing", message)
    if not subjects:
        message = f"No {subject.kind} in the namespace matches spec.subject.selector."
        return Verdict("True", "NoSubjects", message)
    harmless = frozenset() if subject.name else unbound.ON_PURPOSE
    pending = [one for one in missed if one.reason == unbound.PENDING]
    failed = [one for one in missed if one not in pending and one.reason not in harmless]
    first = next(iter(failed or pending), None)
    if first is None:
        return HAPPY
    message = f"{subject.kind} {first.name}: {first.message}"
    if failed[1:]:
        message += f" And {len(failed) - 1} more, see status.unbound."
    elif pending[1:] and not failed:
        # Their number and names would change with each one that is bound.
        message = f"Several of {len(subjects)} workloads. {first.message}"
    return Verdict("False" if failed else "Unknown", first.reason, message)
