"""What is told of a pod: whole statuses, from its container and what was told before."""

import dataclasses

import pytest

from standalone.kubelet.status import pod_status

THEN, NOW = "2026-05-04T10:00:00Z", "2026-05-04T10:00:07Z"
SPEC = {"containers": [{"name": "adapter", "image": "adapter:1"}]}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Seen:
    """As much of a container as its status shows."""

    alive: bool = False
    restarts: int = 0
    exit_code: int | None = None
    problem: str = ""
    over: bool = False


def status(seen, *, ready=False, before=None, now=NOW):
    return pod_status({"spec": SPEC, "status": before or {}}, seen, ready=ready, now=now)


def test_a_running_container_is_told_whole():
    def condition(kind):
        return {"type": kind, "status": "True", "lastTransitionTime": NOW}

    assert status(Seen(alive=True), ready=True) == {
        "phase": "Running",
        "podIP": "192.0.2.1",
        "podIPs": [{"ip": "192.0.2.1"}],
        "startTime": NOW,
        "conditions": [condition("ContainersReady"), condition("Ready")],
        "containerStatuses": [
            {
                "name": "adapter",
                "image": "adapter:1",
                "imageID": "",
                "ready": True,
                "started": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": NOW}},
                "lastState": {},
            }
        ],
    }


def test_where_nothing_changes_nothing_new_is_told():
    before = status(Seen(alive=True), ready=True, now=THEN)

    assert status(Seen(alive=True), ready=True, before=before) == before


@pytest.mark.parametrize(
    ("seen", "waiting"),
    [
        pytest.param(Seen(), {"reason": "ContainerCreating"}, id="not started yet"),
        pytest.param(
            Seen(problem="There is no such Secret."),
            {"reason": "CreateContainerConfigError", "message": "There is no such Secret."},
            id="something is missing",
        ),
        pytest.param(
            Seen(exit_code=2, restarts=1),
            {"reason": "CrashLoopBackOff", "message": "It ended with exit code 2."},
            id="dead again",
        ),
    ],
)
def test_who_does_not_run_waits_for_a_reason(seen, waiting):
    [container] = status(seen)["containerStatuses"]

    assert container["state"] == {"waiting": waiting}
    assert (container["ready"], container["restartCount"]) == (False, seen.restarts)


@pytest.mark.parametrize(
    ("code", "phase", "reason"),
    [
        pytest.param(0, "Succeeded", "Completed", id="well"),
        pytest.param(3, "Failed", "Error", id="badly"),
    ],
)
def test_who_has_ended_for_good_is_told_once_how(code, phase, reason):
    ended = Seen(exit_code=code, over=True)
    first = status(ended, before=status(Seen(alive=True), now=THEN), now=THEN)

    again = status(ended, before=first)

    [container] = again["containerStatuses"]
    terminated = {"exitCode": code, "reason": reason, "finishedAt": THEN}
    assert (again["phase"], container["state"], container["lastState"]) == (
        phase,
        {"terminated": terminated},
        {},
    )
    assert again == first
