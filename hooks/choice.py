"""What is to become of a workload: bound by which binding, left unbound, or left alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from . import injection
from .injection import Injection
from .model import GROUP, Object
from .subjects import JOB, KINDS, KNATIVE_KINDS, GroupKind, VSphereBinding, group_kind, winner

EXCLUDE_LABEL = "bindings.knative.dev/exclude"
INCLUDE_LABEL = "bindings.knative.dev/include"
SYSTEM_NAMESPACE = "kube-system"

_MAKERS = {("serving.knative.dev", "Revision"), (GROUP, "VSphereSource")}
"""What makes workloads of its own accord, and is not bound itself."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What an installation binds at all."""

    extra_kinds: frozenset[GroupKind] = frozenset()
    opt_in: bool = False
    """Bind only in namespaces that are labelled `bindings.knative.dev/include: "true"`."""
    own_namespace: str = ""
    """Where the hooks run: they do not bind themselves, and admission is not asked there."""

    @property
    def kinds(self) -> frozenset[GroupKind]:
        """The kinds that can be bound."""
        return KINDS | self.extra_kinds


@dataclass(frozen=True, kw_only=True)
class Namespace:
    """Where a workload is; no labels where they are not known."""

    name: str
    labels: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a workload is not bound, and what to do about it."""

    reason: str
    message: str
    hands_off: bool = False
    """Not even unbound: admission does not see it, or another controller writes it."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The binding that a workload falls to, if any, and why it is not bound all the same."""

    winner: VSphereBinding | None
    refusal: Refusal | None

    @property
    def binding(self) -> VSphereBinding | None:
        """What the workload is to be bound by; None if it is to be unbound."""
        return None if self.refusal else self.winner

    @property
    def injection(self) -> Injection | None:
        """What its pod template is to hold; None if nothing of ours."""
        return None if self.binding is None else self.binding.injection

    @property
    def hands_off(self) -> bool:
        """Whether the workload stays exactly as it is."""
        return self.refusal is not None and self.refusal.hands_off


def choose(
    workload: Object, bindings: Iterable[VSphereBinding], *, namespace: Namespace, scope: Scope
) -> Choice:
    """Decide about *workload* by the *bindings* of its namespace."""
    chosen = winner(workload, bindings)
    refusal = _controlled(workload, scope) or _opted_out(workload, namespace, scope)
    if refusal is None and chosen is not None:
        message = injection.clash(workload, chosen.injection)
        refusal = Refusal(reason="Clash", message=message) if message else None
    return Choice(winner=chosen, refusal=refusal)


def is_frozen(workload: Object, *, since: Object | None = None) -> bool:
    """Whether the pod template of a *workload* that exists can change only with its whole.

    A Knative workload can be changed together with the name of its revision: *since* is what it
    was before, if not the same.
    """
    if group_kind(workload) == JOB:
        return True
    name = revision_name(workload)
    return bool(name) and name == revision_name(since or workload)


def thaw(workload: Object) -> str:
    """Say what to do about a *workload* that is frozen."""
    if group_kind(workload) == JOB:
        return "The template of a Job cannot change: delete the Job and create it again."
    return (
        f"Its revision has the name {revision_name(workload)}: "
        "change or remove spec.template.metadata.name."
    )


def revision_name(workload: Object) -> str:
    """Read the name that a Knative *workload* gives its revision: one name, one template."""
    if group_kind(workload) not in KNATIVE_KINDS:
        return ""
    match workload:
        case {"spec": {"template": {"metadata": {"name": str(name)}}}}:
            return name
    return ""


def _controlled(workload: Object, scope: Scope) -> Refusal | None:
    """Leave what is made by something that we bind, or that is ours: it would be undone there."""
    for owner in workload["metadata"].get("ownerReferences") or []:
        if owner.get("controller") and group_kind(owner) in scope.kinds | _MAKERS:
            return Refusal(
                reason="Controlled",
                message=f"It is made by {owner['kind']} {owner['name']}, "
                "which would undo every change. Bind that, or leave this out of the subject.",
                hands_off=True,
            )
    return None


def _opted_out(workload: Object, namespace: Namespace, scope: Scope) -> Refusal | None:
    labels = namespace.labels
    if namespace.name in {SYSTEM_NAMESPACE, scope.own_namespace}:
        message = f"Nothing is bound in the namespace {namespace.name}."
        return Refusal(reason="OptedOut", message=message, hands_off=True)
    if labels is not None and labels.get(EXCLUDE_LABEL) == "true":
        message = f'Its namespace has the label {EXCLUDE_LABEL}: "true". Remove that label.'
        return Refusal(reason="OptedOut", message=message, hands_off=True)
    if labels is not None and scope.opt_in and labels.get(INCLUDE_LABEL) != "true":
        message = f'Its namespace has no label {INCLUDE_LABEL}: "true". Add that label.'
        return Refusal(reason="OptedOut", message=message, hands_off=True)
    if (workload["metadata"].get("labels") or {}).get(EXCLUDE_LABEL) == "true":
        message = f'It has the label {EXCLUDE_LABEL}: "true". Remove that label.'
        return Refusal(reason="OptedOut", message=message)
    return None
