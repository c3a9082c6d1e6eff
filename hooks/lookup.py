"""Where the subjects of a binding are looked up, and why they may not be."""

from collections.abc import Mapping

from .choice import Scope
from .conditions import Verdict
from .model import Children, Object, ServedKinds
from .subjects import VSphereBinding

_INSTEAD = {
    ("batch", "CronJob"): "Bind its Jobs: kind Job, and a selector of the labels in "
    "spec.jobTemplate.metadata of the CronJob.",
    ("apps", "ReplicaSet"): "Bind the Deployment that makes it.",
    ("", "Pod"): "Bind the Deployment, StatefulSet, DaemonSet or Job that makes it.",
}


def obstacle(binding: VSphereBinding, *, served: ServedKinds, scope: Scope) -> Verdict | None:
    """Say why *binding* can have no subjects at all, whatever is in its namespace."""
    subject = binding.subject
    group, kind = subject.group_kind
    if subject.namespace != binding.namespace:
        return Verdict(
            "False",
            "OtherNamespace",
            f"spec.subject.namespace: a binding reaches its own namespace only, which is "
            f"{binding.namespace}. Remove the field, or create the binding in {subject.namespace}.",
        )
    if lacks_kind(binding, served=served):
        return Verdict(
            "False",
            "KindNotServed",
            f"spec.subject: this cluster serves no kind {kind} "
            f'in the API group "{group}". Install it, or correct apiVersion and kind.',
        )
    if subject.group_kind not in scope.kinds:
        instead = _INSTEAD.get(
            subject.group_kind,
            "If it has a pod template at spec.template, an administrator can add the kind to the "
            "setting extraSubjects.",
        )
        return Verdict(
            "False",
            "KindNotBindable",
            f'spec.subject: the kind {kind} of the API group "{group}" cannot be bound. {instead}',
        )
    return None


def lacks_kind(binding: VSphereBinding, *, served: ServedKinds) -> bool:
    """Whether the subjects of *binding* are of a kind that is not served."""
    return binding.subject.group_kind not in served


def rule(binding: VSphereBinding, *, served: ServedKinds) -> Object:
    """Ask Metacontroller for the subjects of *binding*, against which there is no obstacle."""
    subject = binding.subject
    chosen: Object = (
        {"names": [subject.name]} if subject.name else {"labelSelector": subject.selector}
    )
    return {
        "apiVersion": _api_version(binding, served),
        "resource": served[subject.group_kind].plural,
        "namespace": binding.namespace,
        **chosen,
    }


def found(
    binding: VSphereBinding, *, related: Children, served: ServedKinds
) -> Mapping[str, Object] | Verdict:
    """Pick what that rule has found, or say why it has not been followed yet."""
    key = f"{binding.subject.kind}.{_api_version(binding, served)}"
    if key in related:
        return related[key]
    # Metacontroller keeps the answer of `customize` for 20 minutes, or until the spec changes.
    return Verdict(
        "Unknown",
        "SubjectNotLookedUp",
        f"spec.subject: the kind {binding.subject.kind} will be looked up within 20 minutes, "
        "because it was not served before. Change the spec of the binding to have that done now.",
    )


def _api_version(binding: VSphereBinding, served: ServedKinds) -> str:
    """The version that is served, whichever the user wrote."""
    group, _ = binding.subject.group_kind
    version = served[binding.subject.group_kind].version
    return f"{group}/{version}" if group else version
