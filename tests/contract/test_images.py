"""The Dockerfile holds what the two images need, as far as that shows without building them."""

import functools
import importlib.metadata
import importlib.util
import json
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
IMAGES = ["hooks", "adapter"]


@functools.cache
def stages():
    """The stages of the Dockerfile: name -> instructions, joined over line ends."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    found = {}
    for line in text.splitlines():
        if start := re.fullmatch(r"FROM \S+ AS (\S+)", line):
            found[start[1]] = []
        elif found and line and not line.startswith("#"):
            found[list(found)[-1]].append(line.split(" ", 1))
    return found


def arguments(image, instruction):
    return [value for name, value in stages()[image] if name == instruction]


def command(image):
    [value] = arguments(image, "CMD")
    return json.loads(value)


@pytest.mark.parametrize("image", IMAGES)
def test_every_copied_folder_is_let_through_to_the_build(image):
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    copied = [value.split()[0] for value in arguments(image, "COPY") if "--from" not in value]

    assert image in copied
    for folder in copied:
        assert (ROOT / folder).is_dir()
        assert f"!{folder}" in ignore


def test_the_adapter_image_holds_the_client_library_too():
    assert "vsphere vsphere" in arguments("adapter", "COPY")


def test_the_hooks_image_serves_the_entry_point_of_the_hooks():
    program, entry, *options = command("hooks")
    module, call = entry.split(":")

    assert program == "gunicorn"
    assert hasattr(importlib.import_module(module), call.removesuffix("()"))
    assert "0.0.0.0:8080" in options


def test_the_webhook_runs_a_module_of_that_image_too(container):
    program, option, module = container("vsphere-webhook")["command"]

    assert (program, option) == ("python", "-m")
    assert importlib.util.find_spec(module)
    assert "hooks hooks" in arguments("hooks", "COPY")


def test_the_adapter_image_runs_the_package():
    assert command("adapter") == ["python", "-m", "adapter"]
    assert importlib.util.find_spec("adapter.__main__")


def test_the_images_expose_the_ports_that_their_containers_have(container, child):
    [adapter] = child("Deployment")["spec"]["template"]["spec"]["containers"]
    hooks = [container("vsphere-hooks"), container("vsphere-webhook")]

    for image, containers in (("hooks", hooks), ("adapter", [adapter])):
        ports = [str(port["containerPort"]) for runs in containers for port in runs["ports"]]
        assert " ".join(arguments(image, "EXPOSE")) == " ".join(ports)


@pytest.mark.parametrize("owner", ["vsphere-hooks", "vsphere-webhook"])
def test_the_images_run_as_the_user_that_the_pod_asks_for(pod, owner):
    user = pod(owner)["spec"]["securityContext"]

    assert arguments("runtime", "USER") == [f"{user['runAsUser']}:{user['runAsGroup']}"]


@pytest.mark.parametrize("image", IMAGES)
def test_the_requirements_of_an_image_pin_everything_that_they_need(image):
    lines = (ROOT / image / "requirements.txt").read_text().splitlines()
    pinned = [Requirement(line) for line in lines if line and not line.startswith("#")]
    needed = [
        need
        for requirement in pinned
        for need in map(Requirement, importlib.metadata.requires(requirement.name) or [])
        if need.marker is None or need.marker.evaluate({"extra": ""})
    ]

    assert [str(pin) for pin in pinned if not str(pin.specifier).startswith("==")] == []
    assert {canonicalize_name(need.name) for need in needed} <= {
        canonicalize_name(pin.name) for pin in pinned
    }
