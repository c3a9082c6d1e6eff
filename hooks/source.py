"""The desired state of one VSphereSource."""

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

UNOBSERVED_RESYNC_SECONDS = 5
UNSERVED_RESYNC_SECONDS = 60


def sync(observed: Observed, *, settings: Settings, served: ServedKinds) -> Desired:
    """Answer one question: were the world as *observed*, what should it become?"""
    source = observed.source
    sink = sinks.resolve(
        source.sink,
        related=observed.related,
        served=served,
        cluster_domain=settings.cluster_domain,
    )
    running = observed.child("Deployment.apps/v1", names.deployment(source.name))
    target = sink if isinstance(sink, sinks.Resolved) else _last_target(running)
    desired = children.rights(source)
    if target is not None:
        desired.append(children.deployment(source, target, settings=settings))
    missing = [
        f"{child['kind']} {child['metadata']['name']}"
        for child in desired
        if observed.child(_kind_key(child), child["metadata"]["name"]) is None
    ]
    return Desired(
        status=_status(observed, sink=sink, running=running, missing=missing),
        children=desired,
        resync_after_seconds=_resync_after(sink, missing),
    )


def customize(source: VSphereSource, *, served: ServedKinds) -> Object:
    """Name the objects that `sync` wants to see beside the source and its children."""
    return {"relatedResources": sinks.related_rules(source.sink, served=served)}


def _status(
    observed: Observed,
    *,
    sink: sinks.Resolved | sinks.Unresolved,
    running: Object | None,
    missing: list[str],
) -> Object:
    source = observed.source
    # Metacontroller replaces the whole status: what the adapter wrote is copied through.
    reported = source.status.get("adapter", {})
    provided = conditions.sink_provided(sink)
    adapter = conditions.adapter_ready(observed, deployment=running, missing=missing)
    stream = conditions.stream_ready(adapter, reported)
    verdicts = {
        "Ready": conditions.ready(provided, adapter, stream),
        "SinkProvided": provided,
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
    if isinstance(sink, sinks.Resolved):
        status["sinkUri"] = sink.uri
        if sink.ca_certs:
            status["sinkCACerts"] = sink.ca_certs
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


def _last_target(running: Object | None) -> sinks.Resolved | None:
    """Where the *running* adapter sends to: a sink that went away does not stop it."""
    if running is None:
        return None
    for container in running["spec"]["template"]["spec"]["containers"]:
        env = {item["name"]: injection.value_of(item) for item in container.get("env", [])}
        if container["name"] == children.CONTAINER and env.get("K_SINK"):
            return sinks.Resolved(uri=env["K_SINK"], ca_certs=env.get("K_CA_CERTS"))
    # To answer without the Deployment would delete it.
    raise RequestError(
        f"The Deployment {running['metadata']['name']} was changed: its container "
        f"{children.CONTAINER} has no K_SINK, and spec.sink leads nowhere at the moment."
    )


def _resync_after(sink: sinks.Resolved | sinks.Unresolved, missing: list[str]) -> int:
    """Ask to be called again where no event of the cluster would do it."""
    if missing:
        return UNOBSERVED_RESYNC_SECONDS
    if isinstance(sink, sinks.Unresolved) and sink.reason in {"KindNotServed", "SinkNotLookedUp"}:
        return UNSERVED_RESYNC_SECONDS
    return 0


def _kind_key(child: Object) -> str:
    """`Deployment.apps/v1`, `ServiceAccount.v1`: how Metacontroller keys observed objects."""
    return f"{child['kind']}.{child['apiVersion']}"
