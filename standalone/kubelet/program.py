"""From a Pod to what a local program is started with. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from standalone.pod import environment_of, resolve

from .api import Object

TOKEN_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105  a path, no secret


@dataclass(frozen=True, kw_only=True)
class Program:
    """What stands for an image; variables tell it where on this machine its things are."""

    command: tuple[str, ...]
    mounts: Mapping[str, str] = field(default_factory=dict)
    """Path in the container -> the variable that names another folder."""
    ports: Mapping[int, str] = field(default_factory=dict)
    """Port of the container -> the variable that names another one."""


@dataclass(frozen=True, kw_only=True)
class MountedSecret:
    """A Secret as files of one folder; *items* are its keys and their files, None for all."""

    name: str
    path: str
    optional: bool
    items: Mapping[str, str] | None


def container_of(pod: Object) -> Object:
    """The one container of *pod*."""
    [container] = pod["spec"]["containers"]
    found: Object = container
    return found


def environment(
    pod: Object,
    program: Program,
    *,
    root: Path,
    ports: Mapping[int, int],
    services: Mapping[str, str],
) -> dict[str, str]:
    """What the container's variables are, and those that move its files below *root*.

    Raises:
        standalone.pod.PodError: A variable leads to a Service that is not among *services*.
    """
    given = [
        {"name": item["name"], "value": _value(item, pod)}
        for item in container_of(pod).get("env", [])
    ]
    declared = environment_of({"env": given})
    return {
        **{name: resolve(value, services) for name, value in declared.items()},
        **{name: str(local(root, path)) for path, name in program.mounts.items()},
        **{name: str(ports[port]) for port, name in program.ports.items()},
    }


def mounted_secrets(pod: Object) -> list[MountedSecret]:
    """The Secrets that the container sees as files."""
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes", [])}
    found = []
    for mount in container_of(pod).get("volumeMounts", []):
        secret = volumes[mount["name"]].get("secret")
        if secret is None:
            continue
        items = {item["key"]: item["path"] for item in secret.get("items", [])}
        found.append(
            MountedSecret(
                name=secret["secretName"],
                path=mount["mountPath"],
                optional=secret.get("optional", False),
                items=items or None,
            )
        )
    return found


def has_token(pod: Object) -> bool:
    """Whether the service account's token is mounted."""
    mounts = container_of(pod).get("volumeMounts", [])
    return any(mount["mountPath"] == TOKEN_FOLDER for mount in mounts)


def local(root: Path, path: str) -> Path:
    """Where below *root* the container's *path* is."""
    return root / path.lstrip("/")


def _value(item: Object, pod: Object) -> str:
    if "valueFrom" not in item:
        return str(item.get("value", ""))
    section, _, name = item["valueFrom"]["fieldRef"]["fieldPath"].partition(".")
    return str(pod[section][name])
