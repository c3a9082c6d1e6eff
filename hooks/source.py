"""The desired state of one VSphereSource."""

import functools
from collections.abc import Sequence

from . import children, conditions, injection, names, sinks
from .model import (
    Desired,
    Object,
    Observed,
    RequestError,
    ServedKinds,
    Settings,
    VSphereSource,
)
from .sinks import Resolution, Resolved, Unresolved

UNOBSERVED_RESYNC_SECONDS = 5
UNSERVED_RESYNC_SECONDS = 60


def sync(observed: Observed, *, settings: Settings, served: ServedKinds) -> Desired:
    """Answer one question: were the world as *observed*, what should it become?"""
    source = observed.source
    resolve = functools.partial(
        sinks.resolve,
        related=observed.related,
        served=served,
        cluster_domain=settings.cluster_domain,
    )
    sink = resolve(source.sink)
    dead_letter_sink = resolve(source.dead_letter_sink) if source.dead_letter_sink else None
    running = observed.child("Deployment.apps/v1", names.deployment(source.name))
    targets = _targets(source, sink, dead_letter_sink, running=running)
    desired = children.rights(source)
    if targets is not None:
        desired.append(children.deployment(source, targets, settings=settings))
    missing = [
        f"{child['kind']} {child['metadata']['name']}"
        for child in desired
        if observed.child(_kind_key(child), child["metadata"]["name"]) is None
    ]
    return Desired(
        status=_status(observed, sink, dead_letter_sink, running=running, missing=missing),
        children=desired,
        resync_after_seconds=_resync_after([sink, dead_letter_sink], missing),
    )


def customize(source: VSphereSource, *, served: ServedKinds) -> Object:
    """Name the objects that `sync` wants to see beside the source and its children."""
    return {"relatedResources": sinks.related_rules(source.sinks, served=served)}


def _status(
    observed: Observed,
    sink: Resolution,
    dead_letter_sink: Resolution | None,
    *,
    running: Object | None,
    missing: list[str],
) -> Object:
    source = observed.source
    # Metacontroller replaces the whole status: what the adapter wrote is copied through.
    reported = source.status.get("adapter", {})
    provided = {"SinkProvided": conditions.sink_provided(sink)}
    if dead_letter_sink is not None:
        provided["DeadLetterSinkResolved"] = conditions.sink_provided(dead_letter_sink)
    adapter = conditions.adapter_ready(observed, deployment=running, missing=missing)
    stream = conditions.stream_ready(adapter, reported)
    verdicts = {
        "Ready": conditions.ready([*provided.values()], adapter, stream),
        **provided,
        "AdapterReady": adapter,
        "StreamReady": stream,
    }
    previous = source.status.get("conditions", [])
    status: Object = {
        "observedGeneration": source.generation,
        "conditions": [
            conditions.condition(kind, verdict, previous=previous, now=observed.now)
            for kind, verdict in verdicts.items()
        ],
    }
    for prefix, found in (("sink", sink), ("deadLetterSink", dead_letter_sink)):
        if isinstance(found, Resolved):
            status[f"{prefix}Uri"] = found.uri
            if found.ca_certs:
                status[f"{prefix}CACerts"] = found.ca_certs
    if attributes := _ce_attributes(reported):
        status["ceAttributes"] = attributes
    if reported:
        status["adapter"] = reported
    return status


def _ce_attributes(reported: Object) -> list[Object]:
    """List what the source has really sent, in the shape that Knative's tools look for."""
    if "eventSource" not in reported:
        return []
    return [
        {"type": event_type, "source": reported["eventSource"]}
        for event_type in sorted(reported.get("eventTypes", []))
    ]


def _targets(
    source: VSphereSource,
    sink: Resolution,
    dead_letter_sink: Resolution | None,
    *,
    running: Object | None,
) -> dict[str, str] | None:
    """What the adapter is told of its sinks, None as long as that is not enough to start one.

    A sink that went away does not stop a *running* one: of that it keeps what it was told.
    """
    told: dict[str, str] = {}
    for found in (sink, dead_letter_sink):
        if isinstance(found, Unresolved):
            if running is None:
                return None
            told = _last_targets(running, nowhere=found)
    if isinstance(sink, Resolved):
        told |= children.sink_env(sink)
    if not isinstance(dead_letter_sink, Unresolved):
        told |= children.delivery_env(source, dead_letter_sink)
    return told


def _last_targets(running: Object, *, nowhere: Unresolved) -> dict[str, str]:
    """What the *running* adapter was told of its sinks, one of which leads *nowhere* now."""
    for container in running["spec"]["template"]["spec"]["containers"]:
        env = {item["name"]: injection.value_of(item) for item in container.get("env", [])}
        if container["name"] == children.CONTAINER and env.get("K_SINK"):
            return {name: env.get(name, "") for name in children.TARGETS}
    # To answer without the Deployment would delete it.
    raise RequestError(
        f"The Deployment {running['metadata']['name']} was changed: its container "
        f"{children.CONTAINER} has no K_SINK. {nowhere.message}"
    )


def _resync_after(found: Sequence[Resolution | None], missing: list[str]) -> int:
    """Ask to be called again where no event of the cluster would do it."""
    if missing:
        return UNOBSERVED_RESYNC_SECONDS
    reasons = {item.reason for item in found if isinstance(item, Unresolved)}
    return UNSERVED_RESYNC_SECONDS if reasons & {"KindNotServed", "SinkNotLookedUp"} else 0


def _kind_key(child: Object) -> str:
    """`Deployment.apps/v1`, `ServiceAccount.v1`: how Metacontroller keys observed objects."""
    return f"{child['kind']}.{child['apiVersion']}"
