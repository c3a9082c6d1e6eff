"""Secrets and ConfigMaps that a container sees as files. No I/O."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from .api import Object
from .program import container_of

_FILES = {"secret": ("secrets", "secretName"), "configMap": ("configmaps", "name")}
"""Kind of volume -> the resource that it shows, and the field that names it."""


@dataclass(frozen=True, kw_only=True)
class MountedFiles:
    """A Secret or ConfigMap as a folder; *items* are its keys and their files, None for all."""

    resource: str
    """`secrets` or `configmaps`."""
    name: str
    path: str
    optional: bool
    items: Mapping[str, str] | None


def mounted_files(pod: Object) -> list[MountedFiles]:
    """The Secrets and ConfigMaps that the container sees as files."""
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes", [])}
    return [
        MountedFiles(
            resource=resource,
            name=shown[name],
            path=mount["mountPath"],
            optional=shown.get("optional", False),
            items={item["key"]: item["path"] for item in shown.get("items", [])} or None,
        )
        for mount in container_of(pod).get("volumeMounts", [])
        for kind, (resource, name) in _FILES.items()
        if (shown := volumes[mount["name"]].get(kind)) is not None
    ]


def contents(found: Object, items: Mapping[str, str] | None) -> dict[str, bytes]:
    """The files of a Secret or ConfigMap *found*; keys that it lacks are left out."""
    plain, encoded = found.get("data", {}), found.get("binaryData", {})
    if found["kind"] == "Secret":
        plain, encoded = {}, plain
    values = {key: text.encode() for key, text in plain.items()}
    values |= {key: base64.b64decode(text) for key, text in encoded.items()}
    named = items or {key: key for key in values}
    return {path: values[key] for key, path in named.items() if key in values}
