"""From a Deployment to a local process: its command, environment and files. No I/O."""

import json
import re
import sys
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Object = dict[str, Any]

ADAPTER_IMAGE = "adapter"
"""The image name that the hooks are given here; it stands for this program's own code."""

COMMANDS = {ADAPTER_IMAGE: (sys.executable, "-m", "adapter")}

_REFERENCE = re.compile(r"\$(\$|\((?P<name>[^)]*)\))")

DOMAIN = ".svc.cluster.local"
"""How the host name of a Service ends, after its name and namespace."""


class PodError(Exception):
    """A pod cannot run on this machine; the message says why, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Pod:
    """One process to run; equal pods need no restart."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    """Its own place on disk."""
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """The mounted Secret: file name -> content."""


def pod_of(
    deployment: Object,
    *,
    folder: Path,
    secrets: Mapping[tuple[str, str], Mapping[str, bytes]],
    services: Mapping[str, str],
) -> Pod:
    """Resolve what a kubelet would: the image, the environment, the mounted Secret.

    *services* maps host names of Services to URLs that lead there. What a pod has of the cluster
    itself is replaced by its like: a checkpoint file, a free port.

    Raises:
        PodError: It takes a program or a Service that is not here.
    """
    namespace = deployment["metadata"]["namespace"]
    spec = deployment["spec"]["template"]["spec"]
    [container] = spec["containers"]
    [volume] = spec["volumes"]
    if container["image"] not in COMMANDS:
        known = ", ".join(COMMANDS)
        raise PodError(f"No program here stands for the image {container['image']}, only {known}.")
    secret = secrets.get((namespace, volume["secret"]["secretName"]), {})
    keys = {item["key"]: item["path"] for item in volume["secret"]["items"]}
    return Pod(
        command=COMMANDS[container["image"]],
        environment={
            **resolved(environment_of(container), services),
            "METRICS_PORT": "0",
            "LOG_FORMAT": "text",
            "VC_SECRET_PATH": str(secret_folder(folder)),
            "VSPHERE_CHECKPOINT_FILE": str(checkpoint_file(folder)),
        },
        folder=folder,
        files={path: secret[key] for key, path in keys.items() if key in secret},
    )


def environment_of(container: Object) -> dict[str, str]:
    """Expand the variables of *container* as a kubelet does: `$(NAME)` names one, `$$` is a `$`."""
    environment: dict[str, str] = {}

    def expand(reference: re.Match[str]) -> str:
        name = reference["name"]
        return "$" if name is None else environment.get(name, reference[0])

    for item in container["env"]:
        environment[item["name"]] = _REFERENCE.sub(expand, item["value"])
    return environment


def secret_folder(folder: Path) -> Path:
    """Where the mounted Secret of a pod in *folder* lies."""
    return folder / "secret"


def checkpoint_file(folder: Path) -> Path:
    """Where the adapter in *folder* keeps its checkpoint."""
    return folder / "checkpoint.json"


def resolved(environment: Mapping[str, str], services: Mapping[str, str]) -> dict[str, str]:
    """Lead all URLs in *environment* where `resolve` says, that of a dead-letter sink, too."""
    led = {name: resolve(value, services) for name, value in environment.items()}
    delivery = json.loads(led.get("VSPHERE_DELIVERY_CONFIG", "{}"))
    if sink := delivery.get("deadLetterSink"):
        sink["uri"] = resolve(sink["uri"], services)
        led["VSPHERE_DELIVERY_CONFIG"] = json.dumps(delivery)
    return led


def resolve(value: str, services: Mapping[str, str]) -> str:
    """Lead a URL whose host is one of *services* there; any other value stays as it is."""
    parts = urllib.parse.urlsplit(value) if "://" in value else None
    host = (parts and parts.hostname) or ""
    if parts is None or not host.endswith(DOMAIN):
        return value
    if host not in services:
        name, _, namespace = host.removesuffix(DOMAIN).rpartition(".")
        raise PodError(
            f"There is no cluster in which to find Service {namespace}/{name} ({value}). Say where "
            f"it leads with --service {namespace}/{name}=URL, or put a URL into the manifest: "
            "uri for a sink, spec.address for a vCenter."
        )
    rest = urllib.parse.urlunsplit(("", "", parts.path, parts.query, ""))
    return urllib.parse.urljoin(services[host], rest)
