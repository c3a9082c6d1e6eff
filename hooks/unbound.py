"""Why a workload that a binding selects is not bound by it, and what to do about that."""

from dataclasses import dataclass

from . import choice, injection
from .choice import Choice
from .model import Object
from .subjects import JOB, VSphereBinding, group_kind

ON_PURPOSE = frozenset({"Controlled", "OptedOut"})
"""Why workloads that a selector meets by chance may well stay unbound."""

PENDING = "NotYetBound"


@dataclass(frozen=True, kw_only=True)
class Unbound:
    """A workload that is selected and not bound."""

    name: str
    reason: str
    message: str

    def to_object(self) -> Object:
        """Its entry in the status."""
        return {"name": self.name, "reason": self.reason, "message": self.message}


def judge(
    workload: Object, binding: VSphereBinding, *, chosen: Choice, own_namespace: str
) -> Unbound | None:
    """Say why *binding* does not bind *workload*; None if it does.

    Hooks and webhook are in *own_namespace*.
    """
    reason, message = _reason(workload, binding, chosen, own_namespace)
    name = workload["metadata"]["name"]
    return Unbound(name=name, reason=reason, message=message) if reason else None


def is_over(workload: Object) -> bool:
    """Whether *workload* is a Job that has ended, so that binding it would be of no use."""
    return group_kind(workload) == JOB and any(
        condition["type"] in {"Complete", "Failed"} and condition["status"] == "True"
        for condition in workload.get("status", {}).get("conditions") or []
    )


def _reason(
    workload: Object, binding: VSphereBinding, chosen: Choice, own_namespace: str
) -> tuple[str, str]:
    refusal, winner = chosen.refusal, chosen.winner
    if refusal is not None and refusal.reason in ON_PURPOSE:
        return refusal.reason, refusal.message
    if winner is not None and winner.name != binding.name:
        return "Conflict", (
            f"VSphereBinding {winner.name}, which is older, binds it. "
            "Delete one of the two, or change the subject of one."
        )
    if refusal is not None:
        return refusal.reason, refusal.message
    if injection.agrees(workload, binding.injection):
        return "", ""
    if choice.is_frozen(workload):
        reason = "Immutable" if group_kind(workload) == JOB else "NamedRevision"
        return reason, choice.thaw(workload)
    return PENDING, (
        "Still to be bound. If that takes more than a minute, see whether Metacontroller runs, and "
        f"the Deployments vsphere-hooks and vsphere-webhook in the namespace {own_namespace}. "
        "If they do, see whether another mutating webhook undoes the binding."
    )
