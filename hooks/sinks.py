"""From `spec.sink` to the URL that events are sent to, following Knative's Destination rules."""

import urllib.parse
from dataclasses import dataclass

from .model import Children, Object, Reference, ServedKind, ServedKinds, Sink


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """Where events go, and whom to trust there."""

    uri: str
    ca_certs: str | None = None


@dataclass(frozen=True, kw_only=True)
class Unresolved:
    """Why there is nowhere to send events yet, as a condition says it."""

    reason: str
    message: str


def resolve(
    sink: Sink, *, related: Children, served: ServedKinds, cluster_domain: str
) -> Resolved | Unresolved:
    """Find the URL of *sink*; *related* holds the object it refers to, if that exists."""
    if sink.ref is None:
        # The CRD schema has checked it: absolute, http or https, a host, no user info.
        return Resolved(uri=sink.uri or "", ca_certs=sink.ca_certs)
    if _is_service(sink.ref):
        scheme = "https" if sink.ca_certs else "http"
        host = f"{sink.ref.name}.{sink.ref.namespace}.svc.{cluster_domain}"
        target: Resolved | Unresolved = Resolved(uri=f"{scheme}://{host}")
    else:
        target = _addressable(sink.ref, related=related, served=served)
    if isinstance(target, Unresolved):
        return target
    joined = urllib.parse.urljoin(target.uri, sink.uri or "")
    return Resolved(uri=joined, ca_certs=sink.ca_certs or target.ca_certs)


def lacks_kind(sink: Sink, *, served: ServedKinds) -> bool:
    """Whether *sink* is of a kind that would have to be looked at, and is not served."""
    ref = sink.ref
    return ref is not None and bool(ref.group) and (ref.group, ref.kind) not in served


def related_rules(sink: Sink, *, served: ServedKinds) -> list[Object]:
    """Ask Metacontroller for the object that *sink* refers to, if its URL stands in there.

    A rule for a kind that the cluster does not serve would stop Metacontroller before it calls
    `sync`, and nobody could say why; so there is no rule for it.
    """
    if sink.ref is None or not sink.ref.group:
        # Of the core group only Services are sinks; and a Secret must never come this way.
        return []
    kind = served.get((sink.ref.group, sink.ref.kind))
    if kind is None:
        return []
    return [
        {
            "apiVersion": _api_version(sink.ref, kind),
            "resource": kind.plural,
            "namespace": sink.ref.namespace,
            "names": [sink.ref.name],
        }
    ]


def _addressable(
    ref: Reference, *, related: Children, served: ServedKinds
) -> Resolved | Unresolved:
    if not ref.group:
        return Unresolved(
            reason="SinkNotAddressable",
            message=f"spec.sink.ref: a {ref.kind} is no sink. Of apiVersion v1, only a Service is.",
        )
    kind = served.get((ref.group, ref.kind))
    if kind is None:
        return Unresolved(
            reason="KindNotServed",
            message=f"spec.sink.ref: this cluster serves no kind {ref.kind} "
            f'in the API group "{ref.group}". Install it, or correct apiVersion and kind.',
        )
    objects = related.get(f"{ref.kind}.{_api_version(ref, kind)}")
    if objects is None:
        # Metacontroller keeps the answer of `customize` for 20 minutes, or until the spec changes.
        return Unresolved(
            reason="SinkNotLookedUp",
            message=f"spec.sink.ref: {ref} will be looked up within 20 minutes, because its kind "
            "was not served before. Change the spec of the source to have it looked up now.",
        )
    found = objects.get(f"{ref.namespace}/{ref.name}")
    if found is None:
        return Unresolved(
            reason="SinkNotFound",
            message=f"spec.sink.ref: there is no {ref}. Create it, or correct the reference.",
        )
    return _address(ref, found.get("status"))


def _address(ref: Reference, status: object) -> Resolved | Unresolved:
    """Read a URL and its CA certificates together, as Knative's Addressable contract has them.

    A reference may name any kind, and what others keep under these names is of any shape.
    """
    match status:
        case {"addresses": [{"url": str()} as found, *_]} | {"address": {"url": str()} as found}:
            url = found["url"]
        case _:
            url, found = "", {}
    if not url:
        return Unresolved(
            reason="SinkNotAddressable",
            message=f"spec.sink.ref: {ref} has no URL in its status.address yet.",
        )
    if not _is_usable(url):
        return Unresolved(
            reason="SinkUrlRefused",
            message=f"spec.sink.ref: {ref} names an address that is no http or https URL "
            "with a host and without user info.",
        )
    return Resolved(uri=url, ca_certs=found.get("CACerts"))


def _is_usable(url: str) -> bool:
    """Hold an address from a status to what the schema asks of a `uri`."""
    try:
        parts = urllib.parse.urlsplit(url)
        reachable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and reachable and "@" not in parts.netloc


def _is_service(ref: Reference) -> bool:
    return (ref.group, ref.kind) == ("", "Service")


def _api_version(ref: Reference, kind: ServedKind) -> str:
    return f"{ref.group}/{kind.version}"
