"""From a Deployment to a local process: its command, environment and files. No I/O."""

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

    *services* maps host names of the cluster to URLs of this machine. What a pod has of the
    cluster itself is replaced by its like: a checkpoint file, a free port.
    """
    namespace = deployment["metadata"]["namespace"]
    spec = deployment["spec"]["template"]["spec"]
    [container] = spec["containers"]
    [volume] = spec["volumes"]
    secret = secrets.get((namespace, volume["secret"]["secretName"]), {})
    keys = {item["key"]: item["path"] for item in volume["secret"]["items"]}
    return Pod(
        command=COMMANDS[container["image"]],
        environment={
            **{item["name"]: resolve(item["value"], services) for item in container["env"]},
            "METRICS_PORT": "0",
            "VC_SECRET_PATH": str(secret_folder(folder)),
            "VSPHERE_CHECKPOINT_FILE": str(checkpoint_file(folder)),
        },
        folder=folder,
        files={path: secret[key] for key, path in keys.items() if key in secret},
    )


def secret_folder(folder: Path) -> Path:
    """Where the mounted Secret of a pod in *folder* lies."""
    return folder / "secret"


def checkpoint_file(folder: Path) -> Path:
    """Where the adapter in *folder* keeps its checkpoint."""
    return folder / "checkpoint.json"


def resolve(value: str, services: Mapping[str, str]) -> str:
    """Replace scheme and host of a URL whose host is one of *services*."""
    parts = urllib.parse.urlsplit(value) if "://" in value else None
    if parts is None or (parts.hostname or "") not in services:
        return value
    target = urllib.parse.urlsplit(services[parts.hostname or ""])
    path = parts.path or target.path
    return urllib.parse.urlunsplit((target.scheme, target.netloc, path, parts.query, ""))
