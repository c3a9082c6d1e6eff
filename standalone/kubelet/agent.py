"""The loop: pods of the API server -> processes -> their status."""

import contextlib
import datetime as dt
import logging
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from . import node, probe, program, status
from .api import STRATEGIC_MERGE, Api, ApiError, Object
from .container import Container
from .program import Program, container_of
from .provision import Provision
from .service import Endpoint

LOG = logging.getLogger("kubelet")

TURN_SECONDS = 0.2


@dataclass(kw_only=True)
class _Running:
    """A pod's container, the local ports that stand for its own, and what was told of it."""

    container: Container
    ports: Mapping[int, int]
    liveness: probe.Liveness
    ready: bool = False
    told: Object | None = None


@dataclass(kw_only=True)
class Kubelet:
    """Runs the pods whose image is one of *images*; *services* maps host names to URLs."""

    api: Api
    images: Mapping[str, Program]
    services: Mapping[str, str]
    folder: Path
    name: str = "this-machine"
    endpoints: tuple[Endpoint, ...] = field(default=(), init=False)
    """What Services may lead to, as of the last turn."""
    _running: dict[str, _Running] = field(default_factory=dict, init=False)

    def run(self, stopped: threading.Event) -> None:
        """Take turns until *stopped*; then no process is left."""
        node.register(self.api, self.name, _now())
        renewed = float("-inf")
        while not stopped.wait(TURN_SECONDS):
            try:
                if time.monotonic() >= renewed + node.HEARTBEAT_SECONDS:
                    node.renew(self.api, self.name, _now())
                    renewed = time.monotonic()
                self.turn()
            except ApiError as error:
                LOG.warning("%s", error)
        for running in self._running.values():
            running.container.kill()

    def turn(self) -> None:
        """Compare the pods with the processes once."""
        pods = self.api.get("/api/v1/pods")["items"]
        for pod in pods:
            # Somebody may have changed or deleted it since: the next turn knows.
            with contextlib.suppress(ApiError):
                if "nodeName" not in pod["spec"]:
                    self._bind(pod)
                elif pod["spec"]["nodeName"] == self.name:
                    self._tend(pod)
        for uid in self._running.keys() - {pod["metadata"]["uid"] for pod in pods}:
            self._running.pop(uid).container.kill()
        self.endpoints = tuple(
            Endpoint(pod=pod, ports=running.ports)
            for pod in pods
            if (running := self._running.get(pod["metadata"]["uid"])) and running.ready
        )

    def container(self, pod: Object) -> Container:
        """What runs of *pod*."""
        return self._running[pod["metadata"]["uid"]].container

    def _bind(self, pod: Object) -> None:
        if not all(item["image"] in self.images for item in pod["spec"]["containers"]):
            return
        target = {"apiVersion": "v1", "kind": "Node", "name": self.name}
        name = {"name": pod["metadata"]["name"]}
        self.api.call("POST", f"{_path(pod)}/binding", {"metadata": name, "target": target})

    def _tend(self, pod: Object) -> None:
        uid = pod["metadata"]["uid"]
        if uid not in self._running:
            self._running[uid] = self._start(pod)
        running = self._running[uid]
        if "deletionTimestamp" in pod["metadata"]:
            running.ready = False
            if running.container.stop(pod["metadata"]["deletionGracePeriodSeconds"]):
                body = {"gracePeriodSeconds": 0, "preconditions": {"uid": uid}}
                self.api.call("DELETE", _path(pod), body)
            return
        self._keep_up(pod, running)
        self._report(pod, running)

    def _keep_up(self, pod: Object, running: _Running) -> None:
        container = running.container
        if not container.alive:
            running.liveness.begin()
        elif running.liveness.is_lost():
            container.stop(pod["spec"]["terminationGracePeriodSeconds"])
        container.turn()
        running.ready = container.alive and probe.is_ready(container_of(pod), running.ports)

    def _report(self, pod: Object, running: _Running) -> None:
        now = f"{_now():%FT%TZ}"
        built = status.pod_status(pod, running.container, ready=running.ready, now=now)
        if built != running.told:
            path = f"{_path(pod)}/status"
            self.api.call("PATCH", path, {"status": built}, content_type=STRATEGIC_MERGE)
            running.told = built

    def _start(self, pod: Object) -> _Running:
        spec = container_of(pod)
        image = self.images[spec["image"]]
        ports = {port: _free_port() for port in {*image.ports, *program.port_numbers(spec)}}
        metadata = pod["metadata"]
        root = self.folder / metadata["uid"]
        root.mkdir(parents=True)
        provision = Provision(
            api=self.api, pod=pod, image=image, root=root, ports=ports, services=self.services
        )
        container = Container(
            command=program.command(spec, image, ports),
            environment=provision.environment,
            files=provision.files,
            log=self.folder / f"{metadata['namespace']}-{metadata['name']}.log",
            pre_stop=program.pre_stop(spec),
            once=pod["spec"]["restartPolicy"] == "Never",
        )
        liveness = probe.Liveness(container=spec, ports=ports)
        return _Running(container=container, ports=ports, liveness=liveness)


def _free_port() -> int:
    with socket.create_server(("", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def _path(pod: Object) -> str:
    metadata = pod["metadata"]
    return f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
