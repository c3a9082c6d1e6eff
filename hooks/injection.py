"""What a container needs to reach a vCenter: its address in the environment, credentials as files.

Names and paths are those of the Go project, so that code written for it keeps running.

A workload is bound by undoing what was done before and then adding, so the outcome depends on
nothing but what its user wrote and the binding. An annotation of the workload records what was
injected and what was there before. A variable that no longer has the value injected was set by the
user, and is his from then on; the volume of our name and its mount at our path are never his.

`unbind(bind(x)) == x`, `bind(bind(x)) == bind(x)` and `unbind(edit(bind(x))) == edit(x)`, but for
what a template cannot tell:

- When it holds just what `bind` injects, and no record, it counts as bound: by the Go project, or
  its annotations were lost. What was there before is not known then.
- A variable that the user sets to the very value that was injected is not seen as his.
- Of variables that stand twice in a container, both must be edited in the same way.
- A container that is renamed while bound loses what it had of these variables itself.
- A rollback of a StatefulSet or DaemonSet brings an older template back without its record: values
  of an older injection count as set by the user.
"""

import copy
from dataclasses import dataclass

from . import annotations, podspec
from .annotations import ORIGINAL
from .model import Object

VOLUME = "vsphere-binding"
MOUNT_PATH = "/var/bindings/vsphere"


def variable(name: str, value: str) -> Object:
    """Set an environment variable to just *value*; a kubelet would expand `$(NAME)` in it."""
    return {"name": name, "value": value.replace("$", "$$")}


def value_of(variable: Object) -> str:
    """Read a variable as the container sees it; empty if its value comes from elsewhere."""
    return str(variable.get("value", "")).replace("$$", "$")


def address_env(address: str, *, skip_tls_verify: bool) -> list[Object]:
    """Tell a container which vCenter to call, and whether to verify its certificate."""
    return [
        variable("VC_URL", address),
        variable("VC_INSECURE", "true" if skip_tls_verify else "false"),
    ]


def credentials_volume(secret: str) -> Object:
    """Hold `username` and `password` of *secret* and nothing else of it.

    Optional, so that a pod starts without the Secret and its program can say what is missing.
    """
    items = [{"key": key, "path": key} for key in ("username", "password")]
    return {"name": VOLUME, "secret": {"secretName": secret, "items": items, "optional": True}}


def credentials_mount() -> Object:
    """Mount that volume where the client library looks for it."""
    return {"name": VOLUME, "mountPath": MOUNT_PATH, "readOnly": True}


@dataclass(frozen=True, kw_only=True)
class Injection:
    """What a binding gives to the containers of a workload."""

    address: str
    skip_tls_verify: bool
    secret_name: str

    def env(self) -> list[Object]:
        """Address and credentials as variables, for programs that read no files."""
        return [
            *address_env(self.address, skip_tls_verify=self.skip_tls_verify),
            self._credential("VC_USERNAME", "username"),
            self._credential("VC_PASSWORD", "password"),
        ]

    def volume(self) -> Object:
        """The whole Secret, without which a pod does not start.

        With the mode that an API server would fill in, so that what it stores is what we wrote.
        """
        secret = {"secretName": self.secret_name, "defaultMode": 0o644}
        return {"name": VOLUME, "secret": secret}

    def _credential(self, name: str, key: str) -> Object:
        reference = {"name": self.secret_name, "key": key}
        return {"name": name, "valueFrom": {"secretKeyRef": reference}}

    @property
    def projection(self) -> podspec.Projection:
        """All of it, as it goes into a pod."""
        variables = {item["name"]: item for item in self.env()}
        return podspec.Projection(
            variables=variables, volume=self.volume(), mount=credentials_mount()
        )


class ClashError(Exception):
    """Something of the user's is where the Secret would be; says what, and what to do."""


def bind(workload: Object, injection: Injection) -> Object:
    """Return *workload* bound to *injection* and to nothing else; raises `ClashError`.

    It needs no more of a workload than `metadata` and `spec.template.spec`, and changes nothing of
    it in place.
    """
    pod = copy.deepcopy(pod_of(workload))
    if pod is None:
        raise ClashError("There is no pod template at spec.template.spec.")
    record = _recorded(workload) or _recognised(pod)
    if record is not None:
        podspec.remove(pod, record.injection.projection, record.before)
    if obstacle := podspec.obstacle(pod, injection.projection):
        raise ClashError(obstacle)
    before = podspec.add(pod, injection.projection)
    record = _Record(injection=injection, before=before)
    return annotations.annotated(_with_pod(workload, pod), ORIGINAL, record.to_json())


def unbind(workload: Object) -> Object:
    """Return *workload* as it was before it was bound, with what the user changed since."""
    record, pod = _recorded(workload), copy.deepcopy(pod_of(workload))
    if record is None or pod is None:
        return workload
    podspec.remove(pod, record.injection.projection, record.before)
    podspec.remove_dangling(pod, record.injection.projection)
    return annotations.annotated(_with_pod(workload, pod), ORIGINAL, None)


def agrees(workload: Object, injection: Injection | None) -> bool:
    """Whether *workload* is just what binding it to *injection*, or unbinding it, makes of it."""
    try:
        return (unbind(workload) if injection is None else bind(workload, injection)) == workload
    except ClashError:
        return False


def clash(workload: Object, injection: Injection) -> str:
    """Say why *workload* cannot be bound, and what to do; empty if it can."""
    try:
        bind(workload, injection)
    except ClashError as error:
        return str(error)
    return ""


def recalling(workload: Object, old: Object) -> Object:
    """Return *workload* with the record of *old*, if it has lost its own.

    `kubectl replace` may bring back the template that is bound and leave out the annotations.
    """
    record = _recorded(workload) or _recorded(old)
    return annotations.annotated(workload, ORIGINAL, None if record is None else record.to_json())


def pod_of(workload: Object) -> Object | None:
    """Find the pod spec of *workload*; None if it has none."""
    match workload:
        case {"spec": {"template": {"spec": dict(pod)}}}:
            return pod
    return None


@dataclass(frozen=True, kw_only=True)
class _Record:
    """What was injected, and what was there before."""

    injection: Injection
    before: podspec.Before

    def to_json(self) -> str:
        return annotations.canonical(
            {
                "address": self.injection.address,
                "skipTLSVerify": self.injection.skip_tls_verify,
                "secretName": self.injection.secret_name,
                "before": self.before,
            }
        )


def _recorded(workload: Object) -> _Record | None:
    """Read the record of *workload*; None if there is none that `bind` could have written."""
    match annotations.parsed(workload, ORIGINAL):
        case {
            "address": str(address),
            "skipTLSVerify": bool(skip_tls_verify),
            "secretName": str(secret_name),
            "before": dict(before),
        } if podspec.is_before(before):
            injection = Injection(
                address=address, skip_tls_verify=skip_tls_verify, secret_name=secret_name
            )
            return _Record(injection=injection, before=before)
    return None


def _recognised(pod: Object) -> _Record | None:
    """Tell by a *pod* spec alone that it holds an injection, and which."""
    volumes = [volume for volume in pod.get("volumes") or [] if volume.get("name") == VOLUME]
    match volumes, pod:
        case [{"secret": {"secretName": str(secret)}}], {"containers": [{"env": [*env]}, *_]}:
            values = {item.get("name"): value_of(item) for item in env}
            found = Injection(
                address=values.get("VC_URL", ""),
                skip_tls_verify=values.get("VC_INSECURE") == "true",
                secret_name=secret,
            )
            if podspec.holds(pod, found.projection):
                return _Record(injection=found, before={})
    return None


def _with_pod(workload: Object, pod: Object) -> Object:
    spec = workload["spec"]
    return {**workload, "spec": {**spec, "template": {**spec["template"], "spec": pod}}}
