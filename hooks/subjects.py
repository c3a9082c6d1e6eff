"""Which binding binds which workload.

A binding reaches no further than its own namespace, and all bindings that are handed in here are of
the namespace of the workload.
"""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from .injection import Injection
from .model import Object, RequestError

GroupKind = tuple[str, str]
"""API group and kind; in which version they are written does not matter."""

JOB: GroupKind = ("batch", "Job")
KNATIVE_KINDS: frozenset[GroupKind] = frozenset(
    {("serving.knative.dev", "Service"), ("serving.knative.dev", "Configuration")}
)
KINDS: frozenset[GroupKind] = KNATIVE_KINDS | {
    JOB,
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
}
"""What every installation can bind."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """`spec.subject`: workloads of a kind, one by name or some by their labels."""

    api_version: str
    kind: str
    namespace: str
    name: str
    selector: Object

    @property
    def group_kind(self) -> GroupKind:
        """What kind the workloads are of."""
        return self.api_version.rpartition("/")[0], self.kind

    def includes(self, workload: Object) -> bool:
        """Whether *workload*, of the same namespace, is meant."""
        metadata = workload["metadata"]
        if group_kind(workload) != self.group_kind:
            return False
        if self.name:
            return bool(metadata.get("name") == self.name)
        return _matches(self.selector, metadata.get("labels") or {})


@dataclass(frozen=True, kw_only=True)
class VSphereBinding:
    """The parts of a VSphereBinding that decide what it binds, and its status."""

    name: str
    namespace: str
    created: str
    deleted: bool
    generation: int
    subject: Subject
    injection: Injection
    status: Object = field(repr=False)

    @classmethod
    def from_object(cls, found: Object) -> Self:
        """Parse a VSphereBinding; raises `RequestError` naming it and what is wrong.

        One that was stored under the open schema of the Go project may lack anything.
        """
        metadata = found["metadata"]
        try:
            spec = found["spec"]
            return cls(
                name=metadata["name"],
                namespace=metadata["namespace"],
                created=metadata["creationTimestamp"],
                deleted="deletionTimestamp" in metadata,
                generation=metadata["generation"],
                subject=_subject(spec["subject"], metadata["namespace"]),
                injection=Injection(
                    address=spec["address"],
                    skip_tls_verify=spec["skipTLSVerify"],
                    secret_name=spec["secretRef"]["name"],
                ),
                status=found.get("status") or {},
            )
        except (AttributeError, KeyError, TypeError) as error:
            name = f"{metadata.get('namespace')}/{metadata.get('name')}"
            raise RequestError(
                f"The VSphereBinding {name} cannot be read ({error}): apply it again, complete."
            ) from error

    @classmethod
    def readable(cls, found: Iterable[Object]) -> list[Self]:
        """Parse those that can be read: one that cannot is no reason to leave others unbound."""
        parsed = []
        for item in found:
            with contextlib.suppress(RequestError):
                parsed.append(cls.from_object(item))
        return parsed

    def selects(self, workload: Object) -> bool:
        """Whether this binding means *workload*; another may bind it all the same."""
        return (
            not self.deleted
            and self.subject.namespace == self.namespace
            and self.subject.includes(workload)
        )


def group_kind(workload: Object) -> GroupKind:
    """What kind *workload* is of."""
    return workload["apiVersion"].rpartition("/")[0], workload["kind"]


def winner(workload: Object, bindings: Iterable[VSphereBinding]) -> VSphereBinding | None:
    """Find the oldest of *bindings* that selects *workload*; of the same age, the first by name."""
    selecting = (binding for binding in bindings if binding.selects(workload))
    return min(selecting, key=lambda binding: (binding.created, binding.name), default=None)


def _subject(subject: Object, namespace: str) -> Subject:
    return Subject(
        api_version=subject["apiVersion"],
        kind=subject["kind"],
        namespace=subject.get("namespace", namespace),
        name=subject.get("name", ""),
        selector=subject.get("selector") or {},
    )


def _matches(selector: Object, labels: Mapping[str, str]) -> bool:
    """Whether *labels* meet a label selector; the empty one is met by all."""
    needed = (selector.get("matchLabels") or {}).items()
    return needed <= labels.items() and all(
        _meets(expression, labels) for expression in selector.get("matchExpressions") or []
    )


def _meets(expression: Object, labels: Mapping[str, str]) -> bool:
    value, values = labels.get(expression["key"]), expression.get("values") or []
    match expression["operator"]:
        case "In":
            return value is not None and value in values
        case "NotIn":
            return value is None or value not in values
        case "Exists":
            return value is not None
        case _:
            return value is None
