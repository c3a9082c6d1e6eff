"""What a hook reads and answers, as values.

A parent is parsed once, here. The CRD schema has validated it and filled in its defaults, so a
field that the schema promises and that is absent is a fault of the caller: `RequestError`.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

GROUP = "sources.tanzu.vmware.com"
"""The API group of both kinds, and the prefix of labels and annotations."""

Object = dict[str, Any]
"""Raw JSON: a Kubernetes object or a part of one."""

Children = Mapping[str, Mapping[str, Object]]
"""Observed objects: `Kind.group/version` -> `namespace/name` -> object."""


class RequestError(Exception):
    """A hook request lacks something that the hook contract or the CRD schema promises."""


class NotReadyError(Exception):
    """Something that an answer depends on is not known yet; asking again soon will do."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What an installation decides once for all sources."""

    adapter_image: str
    cluster_domain: str = "cluster.local"
    revision: str = ""


@dataclass(frozen=True, kw_only=True)
class ServedKind:
    """How the API server serves a kind: one served version, and the plural for its URL."""

    version: str
    plural: str


ServedKinds = Mapping[tuple[str, str], ServedKind]
"""What this cluster serves: (group, kind) -> version and plural."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A sink that is an object of the cluster."""

    api_version: str
    kind: str
    namespace: str
    name: str

    @property
    def group(self) -> str:
        """The API group, empty for the core group."""
        return self.api_version.rpartition("/")[0]

    def __str__(self) -> str:
        """`Broker default/events`, as messages name it."""
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Sink:
    """Where events go, as the user wrote it."""

    path: str
    """Of the field in the source: `spec.sink`, or `spec.delivery.deadLetterSink`."""
    ref: Reference | None
    uri: str | None
    ca_certs: str | None


@dataclass(frozen=True, kw_only=True)
class VSphereSource:
    """The parts of a VSphereSource that decide its children and its status."""

    name: str
    namespace: str
    uid: str
    generation: int
    address: str
    skip_tls_verify: bool
    secret_name: str
    sink: Sink
    extensions: Mapping[str, str]
    max_age_seconds: int
    period_seconds: int
    payload_encoding: str
    service_account_name: str
    delivery: Mapping[str, str | int]
    """`spec.delivery`, but for the sink in it."""
    dead_letter_sink: Sink | None
    status: Object = field(repr=False)

    @classmethod
    def from_object(cls, parent: Object) -> Self:
        """Parse the `parent` of a hook request; raises `RequestError` naming what is missing."""
        namespace = _require(parent, "metadata.namespace")
        delivery = dict(_require(parent, "spec").get("delivery", {}))
        dead_letter_sink = delivery.pop("deadLetterSink", None)
        return cls(
            name=_require(parent, "metadata.name"),
            namespace=namespace,
            uid=_require(parent, "metadata.uid"),
            generation=_require(parent, "metadata.generation"),
            address=_require(parent, "spec.address"),
            skip_tls_verify=_require(parent, "spec.skipTLSVerify"),
            secret_name=_require(parent, "spec.secretRef.name"),
            sink=_sink(_require(parent, "spec.sink"), "spec.sink", namespace),
            extensions=parent["spec"].get("ceOverrides", {}).get("extensions", {}),
            max_age_seconds=_require(parent, "spec.checkpointConfig.maxAgeSeconds"),
            period_seconds=_require(parent, "spec.checkpointConfig.periodSeconds"),
            payload_encoding=_require(parent, "spec.payloadEncoding").lower(),
            service_account_name=parent["spec"].get("serviceAccountName", ""),
            delivery=delivery,
            dead_letter_sink=dead_letter_sink
            and _sink(dead_letter_sink, "spec.delivery.deadLetterSink", namespace),
            status=parent.get("status", {}),
        )

    @property
    def sinks(self) -> list[Sink]:
        """All that there are."""
        return [self.sink, *([self.dead_letter_sink] if self.dead_letter_sink else [])]

    def __str__(self) -> str:
        """`namespace/name`."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Observed:
    """The world as a `sync` request shows it, at the time `now` (aware, UTC)."""

    source: VSphereSource
    children: Children
    related: Children
    now: dt.datetime

    @classmethod
    def from_request(cls, request: Object, *, now: dt.datetime) -> Self:
        """Parse the body of a `sync` request; raises `RequestError`."""
        return cls(
            source=VSphereSource.from_object(_require(request, "parent")),
            children=_require(request, "children"),
            related=request.get("related") or {},
            now=now,
        )

    def child(self, kind: str, name: str) -> Object | None:
        """The observed child of that `Kind.group/version` and name, if there is one."""
        return self.children.get(kind, {}).get(f"{self.source.namespace}/{name}")


@dataclass(frozen=True, kw_only=True)
class Desired:
    """The answer to a `sync` request."""

    status: Object
    children: list[Object]
    resync_after_seconds: int = 0

    def to_object(self) -> Object:
        """The JSON that Metacontroller expects."""
        return {
            "status": self.status,
            "children": self.children,
            "resyncAfterSeconds": self.resync_after_seconds,
        }


def parent_of(request: Object) -> VSphereSource:
    """The source that a `customize` request is about; raises `RequestError`."""
    return VSphereSource.from_object(_require(request, "parent"))


def _sink(sink: Object, path: str, namespace: str) -> Sink:
    ref, within = sink.get("ref"), f"parent.{path}.ref"
    return Sink(
        path=path,
        ref=None
        if ref is None
        else Reference(
            api_version=_require(ref, "apiVersion", within=within),
            kind=_require(ref, "kind", within=within),
            namespace=ref.get("namespace", namespace),
            name=_require(ref, "name", within=within),
        ),
        uri=sink.get("uri"),
        ca_certs=sink.get("CACerts"),
    )


_REQUEST_FIELDS = {"parent", "children"}


def _require(owner: object, path: str, *, within: str = "parent") -> Any:  # noqa: ANN401  raw JSON
    """Look up a dotted *path*; raises `RequestError` naming the first step that is missing."""
    walked = [] if path in _REQUEST_FIELDS else [within]
    for step in path.split("."):
        walked.append(step)
        if not isinstance(owner, dict) or owner.get(step) is None:
            raise RequestError(f"The hook request has no field {'.'.join(walked)}.")
        owner = owner[step]
    return owner
