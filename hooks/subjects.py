"""Which binding binds which workload.

A binding reaches no further than its own namespace, and all bindings that are handed in here are of
the namespace of the workload.
"""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from .fields import FieldError, read
from .injection import Injection
from .model import Object
from .selectors import is_selector, matches

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
        return matches(self.selector, metadata.get("labels") or {})


@dataclass(frozen=True, kw_only=True)
class VSphereBinding:
    """The parts of a VSphereBinding that decide what it binds."""

    name: str
    namespace: str
    created: str
    deleted: bool
    subject: Subject
    injection: Injection

    @classmethod
    def from_object(cls, found: Object) -> Self:
        """Parse a VSphereBinding; raises `FieldError`.

        One that was stored under the open schema of the Go project may lack anything.
        """
        metadata = found["metadata"]
        return cls(
            name=metadata["name"],
            namespace=metadata["namespace"],
            created=metadata["creationTimestamp"],
            deleted="deletionTimestamp" in metadata,
            subject=_subject(found),
            injection=Injection(
                address=read(found, "spec.address", str),
                skip_tls_verify=read(found, "spec.skipTLSVerify", bool),
                secret_name=read(found, "spec.secretRef.name", str),
            ),
        )

    @classmethod
    def readable(cls, found: Iterable[Object]) -> list[Self]:
        """Parse those that can be read: one that cannot is no reason to leave others unbound."""
        parsed = []
        for item in found:
            with contextlib.suppress(FieldError):
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


def _subject(found: Object) -> Subject:
    subject = read(found, "spec.subject", dict)
    name, selector = read(found, "spec.subject.name", str, default=""), subject.get("selector")
    if bool(name) == (selector is not None):
        raise FieldError("spec.subject: must have either name or selector, and not both.")
    if selector is not None and not is_selector(selector):
        raise FieldError(
            "spec.subject.selector: must be a label selector, of matchLabels and matchExpressions."
        )
    return Subject(
        api_version=read(found, "spec.subject.apiVersion", str),
        kind=read(found, "spec.subject.kind", str),
        namespace=read(
            found, "spec.subject.namespace", str, default=found["metadata"]["namespace"]
        ),
        name=name,
        selector=selector or {},
    )
