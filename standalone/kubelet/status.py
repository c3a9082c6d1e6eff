"""What a kubelet tells of a pod. No I/O."""

from .api import Object
from .container import Container
from .program import container_of

ADDRESS = "192.0.2.1"
"""Of every pod: one that leads nowhere, for Endpoints refuse this machine's own."""


def pod_status(pod: Object, container: Container, *, ready: bool, now: str) -> Object:
    """The `status` of *pod*; times move only with what they are about."""
    before = pod.get("status", {})
    spec = container_of(pod)
    [known] = before.get("containerStatuses") or [{"state": {}}]
    return {
        "phase": _phase(container),
        "podIP": ADDRESS,
        "podIPs": [{"ip": ADDRESS}],
        "startTime": before.get("startTime", now),
        "conditions": [
            _condition(kind, before, ready=ready, now=now) for kind in ("ContainersReady", "Ready")
        ],
        "containerStatuses": [
            {
                "name": spec["name"],
                "image": spec["image"],
                "imageID": "",
                "ready": ready,
                "started": container.alive,
                "restartCount": container.restarts,
                "state": _state(container, known["state"], now),
                "lastState": {}
                if container.exit_code is None or container.over
                else {"terminated": {"exitCode": container.exit_code, "reason": "Error"}},
            }
        ],
    }


def _phase(container: Container) -> str:
    if container.over:
        return "Failed" if container.exit_code else "Succeeded"
    return "Running" if container.alive or container.restarts else "Pending"


def _state(container: Container, known: Object, now: str) -> Object:
    if container.alive:
        return {"running": {"startedAt": known.get("running", {}).get("startedAt", now)}}
    if container.over:
        reason = "Error" if container.exit_code else "Completed"
        ended = {"exitCode": container.exit_code, "reason": reason, "finishedAt": now}
        return {"terminated": known.get("terminated", ended)}
    if container.problem:
        reason, message = "CreateContainerConfigError", container.problem
    elif container.exit_code is not None:
        reason, message = "CrashLoopBackOff", f"It ended with exit code {container.exit_code}."
    else:
        reason, message = "ContainerCreating", ""
    return {"waiting": {"reason": reason, **({"message": message} if message else {})}}


def _condition(kind: str, before: Object, *, ready: bool, now: str) -> Object:
    status = "True" if ready else "False"
    built = {"type": kind, "status": status, "lastTransitionTime": now}
    for old in before.get("conditions", []):
        if (old["type"], old["status"]) == (kind, status):
            built["lastTransitionTime"] = old["lastTransitionTime"]
    return built
