"""From the manifests' objects to those of a release: pure functions."""

import copy
import re
from collections.abc import Iterable, Mapping

from .kustomization import Image, Object

REVISION = "HOOKS_REVISION"

_FIRST = ("Namespace", "CustomResourceDefinition")
"""Kinds that others need when they are created."""


def image_names(known: Iterable[Image], *, registry: str, version: str) -> dict[str, str]:
    """Say what each image is called in the release, by its name in the manifests.

    Without *registry* the kustomization decides where they are.
    """
    return {
        image.name: f"{f'{registry}/{image.name}' if registry else image.new_name}:{version}"
        for image in known
    }


def release(objects: Iterable[Object], *, images: Mapping[str, str], version: str) -> list[Object]:
    """Put *images* and *version* into *objects*, and bring them into an order to apply.

    The version is the revision of the hooks too: what makes Metacontroller call the new hooks for
    every object, and only those.
    """
    released = copy.deepcopy(list(objects))
    for item in released:
        if item["kind"] == "Deployment":
            _set_images(item, images, version)
        elif item["kind"] in {"CompositeController", "DecoratorController"}:
            _set_revision(item, version)
    return sorted(
        released,
        key=lambda item: _FIRST.index(item["kind"]) if item["kind"] in _FIRST else len(_FIRST),
    )


def _set_images(deployment: Object, images: Mapping[str, str], version: str) -> None:
    for container in deployment["spec"]["template"]["spec"]["containers"]:
        container["image"] = _renamed(container["image"], images)
        for variable in container["env"]:
            value = version if variable["name"] == REVISION else _renamed(variable["value"], images)
            variable["value"] = value


def _set_revision(controller: Object, version: str) -> None:
    for hook in controller["spec"]["hooks"].values():
        webhook = hook["webhook"]
        webhook["url"] = re.sub(r"(?<=[?&]rev=)[^&]*", version, webhook["url"])


def _renamed(value: str, images: Mapping[str, str]) -> str:
    return images.get(value.partition(":")[0], value)
