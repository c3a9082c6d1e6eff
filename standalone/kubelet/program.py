"""From a Pod to what a local program is started with. No I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from standalone.pod import PodError, environment_of, resolved

from .api import Object

TOKEN_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105  a path, no secret

_ANYWHERE = re.compile(r"0\.0\.0\.0:(\d+)")
"""Where a server in a pod of its own listens."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """What stands for an image; variables tell it where on this machine its things are.

    A command that names `0.0.0.0:<port>` is told there to listen at the local port instead.
    Commands that a container has of its own are found beside the Python that runs this.
    """

    command: tuple[str, ...]
    mounts: Mapping[str, str] = field(default_factory=dict)
    """Path in the container -> the variable that names another folder."""
    ports: Mapping[int, str] = field(default_factory=dict)
    """Port of the container -> the variable that names another one."""


def container_of(pod: Object) -> Object:
    """The one container of *pod*."""
    [container] = pod["spec"]["containers"]
    found: Object = container
    return found


def port_numbers(container: Object) -> list[int]:
    """The ports that *container* declares."""
    return [port["containerPort"] for port in container.get("ports", [])]


def port_number(container: Object, port: int | str) -> int:
    """The number of a *port* that may be told by its name."""
    named = {item.get("name"): item["containerPort"] for item in container.get("ports", [])}
    return port if isinstance(port, int) else named[port]


def pre_stop(container: Object) -> tuple[str, ...]:
    """The command that *container* runs before it is asked to end; empty if there is none."""
    hook = container.get("lifecycle", {}).get("preStop", {})
    return tuple(hook.get("exec", {}).get("command", ()))


def command(container: Object, program: Program, ports: Mapping[int, int]) -> tuple[str, ...]:
    """The command of *container*, else that of *program*, listening at the local *ports*."""
    own = (*container.get("command", ()), *container.get("args", ()))

    def local_address(address: re.Match[str]) -> str:
        return f"127.0.0.1:{ports[int(address[1])]}"

    return tuple(_ANYWHERE.sub(local_address, argument) for argument in own or program.command)


def variables(pod: Object, secrets: Mapping[str, Mapping[str, bytes]]) -> dict[str, str]:
    """What the container's variables are; *secrets* are those that it names, key -> content.

    Raises:
        standalone.pod.PodError: A Secret lacks a key.
    """
    given = [
        {"name": item["name"], "value": _value(item, pod, secrets)}
        for item in container_of(pod).get("env", [])
    ]
    return environment_of({"env": given})


def environment(
    declared: Mapping[str, str],
    program: Program,
    *,
    root: Path,
    ports: Mapping[int, int],
    services: Mapping[str, str],
) -> dict[str, str]:
    """The variables that were *declared*, as they lead here, and those that move its files.

    Raises:
        standalone.pod.PodError: A variable leads to a Service that is not among *services*.
    """
    return {
        **resolved(declared, services),
        **{name: str(local(root, path)) for path, name in program.mounts.items()},
        **{name: str(ports[port]) for port, name in program.ports.items()},
    }


def secret_names(container: Object) -> list[str]:
    """The Secrets from which *container* has variables."""
    references = [item.get("valueFrom", {}) for item in container.get("env", [])]
    return [item["secretKeyRef"]["name"] for item in references if "secretKeyRef" in item]


def has_token(pod: Object) -> bool:
    """Whether the service account's token is mounted."""
    mounts = container_of(pod).get("volumeMounts", [])
    return any(mount["mountPath"] == TOKEN_FOLDER for mount in mounts)


def local(root: Path, path: str) -> Path:
    """Where below *root* the container's *path* is."""
    return root / path.lstrip("/")


def _value(item: Object, pod: Object, secrets: Mapping[str, Mapping[str, bytes]]) -> str:
    match item.get("valueFrom"):
        case {"fieldRef": {"fieldPath": path}}:
            section, _, field_name = path.partition(".")
            return str(pod[section][field_name])
        case {"secretKeyRef": {"name": name, "key": key}}:
            if key not in secrets[name]:
                raise PodError(f"The Secret {name} has no key {key}.")
            # What comes from a Secret is not expanded.
            return secrets[name][key].decode().replace("$", "$$")
    return str(item.get("value", ""))
