"""The loop in place of a cluster: manifests -> hooks -> processes, again and again.

Level-based, as a controller: each turn compares what should be with what is. It asks the real
hooks app, and shows it as observed children what its processes do.
"""

import copy
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import werkzeug.test

from hooks.app import create_app
from hooks.model import Settings

from . import manifests
from .manifests import ManifestError, Manifests
from .pod import ADAPTER_IMAGE, checkpoint_file, pod_of
from .process import Process
from .schema import Object, Schemas

CRDS = Path(__file__).parent.parent / "crds"

Key = tuple[str, str]
"""Namespace and name of a source."""


@dataclass(kw_only=True)
class Parent:
    """One source, as an API server would keep it, and what runs for it."""

    object: Object
    children: dict[str, dict[str, Object]] = field(default_factory=dict)
    process: Process | None = None
    problem: str = ""


@dataclass(kw_only=True)
class Runner:
    """Runs the sources of *paths*; *services* maps host names of a cluster to local URLs."""

    paths: Sequence[Path]
    state: Path
    services: Mapping[str, str]
    said: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    _schemas: Schemas = field(default_factory=lambda: Schemas.load(CRDS), init=False)
    _hooks: werkzeug.test.Client = field(init=False)
    _manifests: Manifests = field(default_factory=Manifests, init=False)
    _changed: tuple[int, ...] = field(default=(), init=False)
    _parents: dict[Key, Parent] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Build the hooks app, and read the files; raises `ManifestError`."""
        self._hooks = create_app(Settings(adapter_image=ADAPTER_IMAGE)).test_client()
        self._changed = self._times()
        self._take(manifests.load(self.paths, self._schemas))

    def turn(self) -> None:
        """Compare once, and do what is missing; to be called about every half second."""
        self._reload()
        for key, parent in self._parents.items():
            self._sync(key, parent)
            if parent.process is not None:
                parent.process.turn()

    def close(self) -> None:
        """End all processes, and say where they left off."""
        running = [parent.process for parent in self._parents.values() if parent.process]
        for process in running:
            process.terminate()
        for process in running:
            process.stop()
            checkpoint = checkpoint_file(process.pod.folder)
            if checkpoint.exists():
                self.said(f"Checkpoint: {checkpoint}. Started again, it goes on from there.")

    def _reload(self) -> None:
        """Follow the files; one that became wrong changes nothing until it is mended."""
        times = self._times()
        if times == self._changed:
            return
        self._changed = times
        try:
            self._take(manifests.load(self.paths, self._schemas))
        except ManifestError as error:
            self.said(f"{error}\nWhat runs goes on as before.")

    def _times(self) -> tuple[int, ...]:
        return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in self.paths)

    def _take(self, read: Manifests) -> None:
        self._manifests = read
        for key in self._parents.keys() - read.sources.keys():
            gone = self._parents.pop(key)
            if gone.process is not None:
                gone.process.stop()
        for key, source in read.sources.items():
            if key not in self._parents:
                self._parents[key] = Parent(object=_stored(source))
                continue
            kept = self._parents[key].object
            if kept["spec"] != source["spec"]:
                kept["spec"] = source["spec"]
                kept["metadata"]["generation"] += 1

    def _sync(self, key: Key, parent: Parent) -> None:
        """Ask the hook what should be, and make it so."""
        self._observe(parent)
        request = {"parent": parent.object, "children": parent.children, "related": {}}
        response = self._hooks.post("/vspheresource/sync", json=request)
        answer = response.get_json()
        if response.status_code != 200:  # noqa: PLR2004  anything else changes nothing
            self._explain(key, parent, answer["error"])
            return
        [sink] = [item for item in answer["status"]["conditions"] if item["type"] == "SinkProvided"]
        self._explain(key, parent, sink.get("message", ""))
        parent.object["status"] = answer["status"]
        parent.children = _stored_children(answer["children"])
        for deployment in parent.children.get("Deployment.apps/v1", {}).values():
            pod = pod_of(
                deployment,
                folder=self.state.joinpath(*key),
                secrets=self._manifests.secrets,
                services=self.services,
            )
            if parent.process is None:
                parent.process = Process(pod, self.clock, self.said)
            parent.process.replace(pod)

    def _observe(self, parent: Parent) -> None:
        """Write into the observed Deployment what its process does."""
        for deployment in parent.children.get("Deployment.apps/v1", {}).values():
            alive = parent.process is not None and parent.process.alive
            problem = "" if parent.process is None else parent.process.problem
            deployment["status"] = {
                "conditions": [
                    {
                        "type": "Available",
                        "status": "True" if alive else "False",
                        "reason": "ProcessRunning" if alive else "ProcessEnded",
                        "message": "The process runs." if alive else problem or "Not started.",
                    }
                ],
            }

    def _explain(self, key: Key, parent: Parent, problem: str) -> None:
        """Say what the hook finds wrong with a source, once."""
        if problem and problem != parent.problem:
            self.said(f"VSphereSource {'/'.join(key)}: {problem}")
        parent.problem = problem


def _stored(source: Object) -> Object:
    """Add what an API server would; the uid is the same each time, as a checkpoint's owner is."""
    metadata = source["metadata"]
    name = f"{metadata['namespace']}/{metadata['name']}"
    stored = copy.deepcopy(source)
    stored["metadata"]["uid"] = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
    stored["metadata"]["generation"] = 1
    return stored


def _stored_children(answered: Sequence[Object]) -> dict[str, dict[str, Object]]:
    """Key the *answered* children as a hook request does."""
    children: dict[str, dict[str, Object]] = {}
    for child in answered:
        kind = f"{child['kind']}.{child['apiVersion']}"
        name = f"{child['metadata']['namespace']}/{child['metadata']['name']}"
        children.setdefault(kind, {})[name] = child
    return children
