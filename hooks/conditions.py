"""Conditions: what is known of a source, in words for `kubectl describe`.

A condition judges what was observed, never what is desired. What is not known yet is `Unknown`.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from .model import Object, Observed
from .sinks import Resolution, Unresolved

CREATION_GRACE = dt.timedelta(seconds=30)
"""How long a child may stay unobserved before that is called a fault."""


@dataclass(frozen=True)
class Verdict:
    """One judgement: `True`, `False` or `Unknown`, and why."""

    status: str
    reason: str = ""
    message: str = ""


HAPPY = Verdict("True")


def sink_provided(sink: Resolution) -> Verdict:
    """Say whether there is a URL to send events to."""
    if isinstance(sink, Unresolved):
        return Verdict("False", sink.reason, sink.message)
    return HAPPY


def adapter_ready(observed: Observed, *, deployment: Object | None, missing: list[str]) -> Verdict:
    """Judge the adapter by its observed *deployment*; *missing* names children not yet seen."""
    if missing:
        return _not_created(observed, missing)
    if deployment is None:
        return Verdict("Unknown", "NoAdapter", "The adapter starts once there is a sink.")
    status = deployment.get("status", {})
    if status.get("observedGeneration") != deployment["metadata"].get("generation"):
        return Verdict("Unknown", "RollingOut", "The Deployment controller has not seen it yet.")
    reported = {item["type"]: item for item in status.get("conditions", [])}
    failure, available = reported.get("ReplicaFailure", {}), reported.get("Available", {})
    if failure.get("status") == "True":
        # A pod that is never admitted (quota, pod security) shows only here, and says why.
        return Verdict("False", failure.get("reason", "ReplicaFailure"), failure.get("message", ""))
    if available.get("status") == "False":
        starts = _starts(reported.get("Progressing", {}))
        return Verdict(
            "Unknown" if starts else "False",
            "RollingOut" if starts else available.get("reason", "NotAvailable"),
            _hint(deployment),
        )
    rolling_out = Verdict("Unknown", "RollingOut", "The adapter's Deployment is not available yet.")
    return HAPPY if available.get("status") == "True" else rolling_out


def stream_ready(adapter: Verdict, reported: Object) -> Verdict:
    """Judge the stream by what the adapter itself *reported* into `status.adapter`."""
    if "streaming" not in reported:
        return Verdict("Unknown", "NotReported", "The adapter has not reported yet.")
    verdict = Verdict(
        reported["streaming"],
        reported.get("reason", ""),
        reported.get("message", ""),
    )
    if verdict.status == "True" and adapter.status != "True":
        # The last report of an adapter that may be gone proves nothing.
        return Verdict("Unknown", "AdapterNotReady", "The adapter is not running.")
    return verdict


def ready(sinks: Sequence[Verdict], adapter: Verdict, stream: Verdict) -> Verdict:
    """Sum all up; the one that explains most stands for all.

    Where something is wrong, what the adapter says of the stream comes before what Kubernetes says
    of the adapter: a pod that cannot log in is unavailable too, and the login is what the operator
    must mend. Where something is not known yet, an adapter that starts explains the silence.
    """
    for status, by_weight in (
        ("False", (*sinks, stream, adapter)),
        ("Unknown", (*sinks, adapter, stream)),
    ):
        for verdict in by_weight:
            if verdict.status == status:
                return verdict
    return HAPPY


def condition(
    kind: str, verdict: Verdict, *, previous: Sequence[Object], now: dt.datetime
) -> Object:
    """Build one condition; its transition time moves only when the status does.

    Or when the wait for children begins: their grace runs from there, not from whatever was
    unknown before.
    """
    since = now.isoformat(timespec="seconds").replace("+00:00", "Z")
    for old in previous:
        begins = verdict.reason == "Creating" and old.get("reason") != "Creating"
        if old["type"] == kind and old["status"] == verdict.status and not begins:
            since = old.get("lastTransitionTime", since)
    built = {"type": kind, "status": verdict.status, "lastTransitionTime": since}
    if verdict.reason:
        built["reason"] = verdict.reason
    if verdict.message:
        built["message"] = verdict.message
    return built


def _not_created(observed: Observed, missing: list[str]) -> Verdict:
    """Wait a while for Metacontroller; after that, what is missing will not come by itself.

    Metacontroller is silent about an object of the same name that belongs to somebody else.
    """
    for old in observed.source.status.get("conditions", []):
        if old["type"] == "AdapterReady" and (
            old.get("reason") == "NotCreated" or _waited_long(old, observed.now)
        ):
            return Verdict(
                "False",
                "NotCreated",
                f"Not created: {', '.join(missing)}. An object of that name that belongs to "
                "somebody else is in the way, or Metacontroller may not create it.",
            )
    return Verdict("Unknown", "Creating", f"Waiting for {', '.join(missing)}.")


def _waited_long(condition: Object, now: dt.datetime) -> bool:
    since = condition.get("lastTransitionTime")
    if condition.get("reason") != "Creating" or since is None:
        return False
    return now - dt.datetime.fromisoformat(since) >= CREATION_GRACE


def _starts(progressing: Object) -> bool:
    """Whether Kubernetes still waits for the first pod of a template to become available.

    It does until `progressDeadlineSeconds` have passed. A pod that fails later, as in a crash loop,
    leaves the reason at `NewReplicaSetAvailable`.
    """
    reason = progressing.get("reason")
    return progressing.get("status") == "True" and reason != "NewReplicaSetAvailable"


def _hint(deployment: Object) -> str:
    """Say where to look: a Deployment's own words do not tell why its pod is not ready."""
    metadata = deployment["metadata"]
    where = f"deployment/{metadata['name']} -n {metadata['namespace']}"
    return f"The adapter's pod is not ready: see kubectl logs {where}, kubectl describe {where}."
