"""The objects of a kustomization: as much of kustomize as `metacontroller/` needs.

Rendering a release should need nothing but Python. A field that is not understood is refused, for
to pass it over would make something other than `kubectl apply -k` does.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]

FILE = "kustomization.yaml"

_FIELDS = {"apiVersion", "kind", "resources", "labels", "images", "configurations"}
_WITHIN = {"labels": {"pairs"}, "images": {"name", "newName", "newTag"}}


class KustomizationError(Exception):
    """A kustomization uses something that is not understood here."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """An entry of `images:`, by the name that the manifests use."""

    name: str
    new_name: str
    tag: str


def objects(folder: Path) -> list[Object]:
    """Read the objects that *folder* brings in, labelled; raises `KustomizationError`."""
    found: list[Object] = []
    kustomization = _read(folder)
    for entry in kustomization["resources"]:
        path = folder / entry
        found += objects(path) if path.is_dir() else yaml.safe_load_all(path.read_text("utf-8"))
    for pairs in (item["pairs"] for item in kustomization.get("labels", [])):
        for item in found:
            item["metadata"]["labels"] = item["metadata"].get("labels", {}) | pairs
    return found


def images(folder: Path) -> list[Image]:
    """Read what *folder* says of the images; raises `KustomizationError`."""
    return [
        Image(name=item["name"], new_name=item.get("newName", item["name"]), tag=item["newTag"])
        for item in _read(folder).get("images", [])
    ]


def _read(folder: Path) -> Object:
    file = folder / FILE
    content: Object = yaml.safe_load(file.read_text("utf-8"))
    unknown = content.keys() - _FIELDS
    for field, known in _WITHIN.items():
        unknown |= {
            f"{field}[].{key}" for item in content.get(field, []) for key in item.keys() - known
        }
    if unknown:
        raise KustomizationError(
            f"{file} has {', '.join(sorted(unknown))}, which `make release` does not understand: "
            "use `kubectl kustomize` instead."
        )
    return content
