"""The loop in place of a cluster: manifests -> hooks -> processes, again and again.

Level-based, as a controller: each turn compares what should be with what is. It asks the real
hooks app, and shows it as observed children what its processes do.
"""

import contextlib
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import werkzeug.test

from hooks.app import create_app
from hooks.model import Settings

from . import manifests
from .manifests import ManifestError, Manifests
from .parent import Parent
from .pod import ADAPTER_IMAGE, PodError, checkpoint_file, pod_of
from .process import Process
from .schema import Object, Schemas

CRDS = Path(__file__).parent.parent / "crds"

Key = tuple[str, str]
"""Namespace and name of a source."""


@dataclass(kw_only=True)
class Runner:
    """Runs the sources of *paths*; *services* maps host names of Services to URLs."""

    paths: Sequence[Path]
    state: Path
    services: Mapping[str, str]
    said: Callable[[str], None]
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
        """Compare once, and do what is missing; to be called a few times a second."""
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
        return tuple(_time(path) for path in self.paths)

    def _take(self, read: Manifests) -> None:
        self._manifests = read
        for key in self._parents.keys() - read.sources.keys():
            gone = self._parents.pop(key)
            if gone.process is not None:
                gone.process.stop()
        for key, source in read.sources.items():
            if key in self._parents:
                self._parents[key].update(source)
            else:
                self._parents[key] = Parent.create(source)

    def _sync(self, key: Key, parent: Parent) -> None:
        """Ask the hook what should be, and make it so."""
        response = self._hooks.post("/vspheresource/sync", json=parent.request())
        answer = response.get_json()
        if response.status_code != 200:  # noqa: PLR2004  anything else changes nothing
            self._explain(key, parent, answer["error"])
            return
        parent.take(answer)
        problem = _problem(answer["status"]["conditions"])
        for deployment in parent.deployments:
            try:
                self._run(key, parent, deployment)
            except PodError as error:
                # As with a sink that the hook cannot resolve: what runs is left alone.
                problem = str(error)
        self._explain(key, parent, problem)

    def _run(self, key: Key, parent: Parent, deployment: Object) -> None:
        """Let the process of *parent* be what *deployment* asks for."""
        pod = pod_of(
            deployment,
            folder=self.state.joinpath(*key),
            secrets=self._manifests.secrets,
            services=self.services,
        )
        if parent.process is None:
            parent.process = Process(pod=pod, said=functools.partial(self._say, key))
        parent.process.replace(pod)

    def _explain(self, key: Key, parent: Parent, problem: str) -> None:
        """Say what is wrong with a source, once."""
        if problem and problem != parent.problem:
            self._say(key, problem)
        parent.problem = problem

    def _say(self, key: Key, message: str) -> None:
        self.said(f"VSphereSource {'/'.join(key)}: {message}")


def _problem(conditions: Sequence[Object]) -> str:
    """Say why one of the sinks leads nowhere, empty if none does."""
    sinks = {"SinkProvided", "DeadLetterSinkResolved"}
    said = (item.get("message", "") for item in conditions if item["type"] in sinks)
    return next(filter(None, said), "")


def _time(path: Path) -> int:
    """When *path* was last changed, 0 as long as it is not there."""
    with contextlib.suppress(OSError):
        return path.stat().st_mtime_ns
    return 0
