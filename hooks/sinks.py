"""From a sink of a source to the URL that events are sent to, by Knative's Destination rules."""

import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass, replace

from . import endpoint
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


Resolution = Resolved | Unresolved


def resolve(
    sink: Sink, *, related: Children, served: ServedKinds, cluster_domain: str
) -> Resolution:
    """Find the URL of *sink*; *related* holds the object it refers to, if that exists."""
    if sink.ref is None:
        # The CRD schema has checked it: absolute, http or https, a host, no user info.
        return _trusting(sink, Resolved(uri=sink.uri or ""))
    if _is_service(sink.ref):
        scheme = "https" if sink.ca_certs else "http"
        host = f"{sink.ref.name}.{sink.ref.namespace}.svc.{cluster_domain}"
        target: Resolution = Resolved(uri=f"{scheme}://{host}")
    else:
        target = _addressable(sink.path, sink.ref, related=related, served=served)
    if isinstance(target, Unresolved):
        return target
    return _trusting(sink, replace(target, uri=urllib.parse.urljoin(target.uri, sink.uri or "")))


def lacks_kind(sinks: Iterable[Sink], *, served: ServedKinds) -> bool:
    """Whether any of *sinks* is of a kind that would have to be looked at, and is not served."""
    return any((ref.group, ref.kind) not in served for ref in _looked_at(sinks))


def related_rules(sinks: Iterable[Sink], *, served: ServedKinds) -> list[Object]:
    """Ask Metacontroller for the objects that *sinks* refer to, if their URLs stand in there.

    A rule for a kind that the cluster does not serve would stop Metacontroller before it calls
    `sync`, and nobody could say why; so there is no rule for it.
    """
    rules: list[Object] = []
    for ref in _looked_at(sinks):
        kind = served.get((ref.group, ref.kind))
        if kind is not None:
            rule = {
                "apiVersion": _api_version(ref, kind),
                "resource": kind.plural,
                "namespace": ref.namespace,
                "names": [ref.name],
            }
            rules += [rule] if rule not in rules else []
    return rules


def _addressable(
    path: str, ref: Reference, *, related: Children, served: ServedKinds
) -> Resolution:
    if not ref.group:
        return Unresolved(
            reason="SinkNotAddressable",
            message=f"{path}.ref: a {ref.kind} is no sink. Of apiVersion v1, only a Service is.",
        )
    kind = served.get((ref.group, ref.kind))
    if kind is None:
        return Unresolved(
            reason="KindNotServed",
            message=f"{path}.ref: this cluster serves no kind {ref.kind} "
            f'in the API group "{ref.group}". Install it, or correct apiVersion and kind.',
        )
    objects = related.get(f"{ref.kind}.{_api_version(ref, kind)}")
    if objects is None:
        # Metacontroller keeps the answer of `customize` for 20 minutes, or until the spec changes.
        return Unresolved(
            reason="SinkNotLookedUp",
            message=f"{path}.ref: {ref} will be looked up within 20 minutes, because its kind "
            "was not served before. Change the spec of the source to have it looked up now.",
        )
    found = objects.get(f"{ref.namespace}/{ref.name}")
    if found is None:
        return Unresolved(
            reason="SinkNotFound",
            message=f"{path}.ref: there is no {ref}. Create it, or correct the reference.",
        )
    return _address(path, ref, found.get("status"))


def _address(path: str, ref: Reference, status: object) -> Resolution:
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
            message=f"{path}.ref: {ref} has no URL in its status.address yet.",
        )
    if not endpoint.is_url(url):
        return Unresolved(
            reason="SinkUrlRefused",
            message=f"{path}.ref: {ref} has a URL in its status.address that cannot be used. "
            "It must be http or https in plain ASCII, with a host and without user info: "
            f"correct it there, or give {path}.uri instead of ref.",
        )
    return Resolved(uri=url, ca_certs=found.get("CACerts"))


def _trusting(sink: Sink, target: Resolved) -> Resolution:
    """Let the certificates in *sink* come before those of *target*, which may be of any shape."""
    found: object = sink.ca_certs or target.ca_certs
    if not found:
        return replace(target, ca_certs=None)
    if endpoint.are_certificates(found):
        return replace(target, ca_certs=found)
    theirs = f"ref: the CACerts in the status.address of {sink.ref}"
    return Unresolved(
        reason="SinkCACertsRefused",
        message=f"{sink.path}.{'CACerts:' if sink.ca_certs else theirs} must be PEM certificates "
        f"(-----BEGIN CERTIFICATE-----) of {endpoint.LONGEST_CERTIFICATES:,} bytes at most. "
        f"Give {sink.path}.CACerts just those that this sink needs.",
    )


def _looked_at(sinks: Iterable[Sink]) -> list[Reference]:
    """Pick the references to objects that say themselves where they are.

    Of the core group only Services are sinks; and a Secret must never come this way.
    """
    return [sink.ref for sink in sinks if sink.ref is not None and sink.ref.group]


def _is_service(ref: Reference) -> bool:
    return (ref.group, ref.kind) == ("", "Service")


def _api_version(ref: Reference, kind: ServedKind) -> str:
    return f"{ref.group}/{kind.version}"
