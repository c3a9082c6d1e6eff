"""The order of events: admissions, one namespace, many, a change, a cold start; quiet between."""

import contextlib
import dataclasses
import time
from dataclasses import dataclass

from .admissions import Admissions
from .bindings import OTHER_ADDRESS, bind, bound, deploy, deployments, readdress, turns, unready
from .installation import REVISION
from .phases import Phases
from .processes import programs
from .sources import namespaces


@dataclass(frozen=True, kw_only=True)
class Load:
    """How much of everything; all namespaces get the same."""

    deployments: int = 5000
    bindings: int = 100
    namespaces: int = 20
    crowd: int = 500
    """Bindings in the one namespace where requests are timed."""
    requests: int = 1000
    """How many are timed."""
    pause: float = 0.1
    """Seconds between two Deployments where they come slowly."""

    @property
    def each(self):
        """Deployments in a namespace."""
        return self.deployments // self.namespaces

    @property
    def bindings_each(self):
        """Bindings in a namespace."""
        return self.bindings // self.namespaces


SHORT = Load(deployments=200, bindings=8, namespaces=4, crowd=50, requests=100)


class BindingsTrial:
    """Puts an installed system through it, and returns figures."""

    def __init__(self, installation):
        self._installation = installation
        self._cluster = installation.cluster
        self._phases = Phases(installation)

    def run(self, load, *, quiet_seconds):
        figures = {"load": dataclasses.asdict(load), "quiet_seconds": quiet_seconds}
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._installation.webhook())
            admissions = Admissions(self._installation)
            figures["admission"] = admissions.measure(load.requests, bindings=load.crowd)
            stack.enter_context(self._phases.hooks(REVISION))
            with self._installation.metacontroller():
                figures |= self._at_work(load)
                figures["quiet"] = self._phases.quiet(quiet_seconds)
                changed = self._bindings[0]
                figures["changed"] = self._phases.measure(
                    lambda: readdress(self._cluster, *changed), origin="patch vspherebindings"
                )
                figures["moved"] = bound(deployments(self._cluster), OTHER_ADDRESS)
                figures["unready"] = unready(self._cluster)
                figures["memory"] = _memory()
            figures["cold_start"] = self._phases.measure(
                lambda: stack.enter_context(self._installation.metacontroller())
            )
            figures["memory_after_cold_start"] = _memory()
            figures["quiet_after_cold_start"] = self._phases.quiet(quiet_seconds)
        return figures

    def _at_work(self, load):
        """Deployments in one namespace at once, in another slowly, then everywhere."""
        homes = namespaces(self._cluster, "bench", load.namespaces)
        trials = namespaces(self._cluster, "trial", 2)
        bindings = [
            bind(self._cluster, load.bindings_each, among=[name]) for name in (*trials, *homes)
        ]
        fast, slow, *many = bindings
        self._bindings = [each for some in zip(*many, strict=True) for each in some]
        figures = {"begun": self._phases.measure(lambda: None)}
        figures["at_once"] = self._create(load.each, fast)
        figures["slowly"] = self._create(load.each, slow, connections=1, pause=load.pause)
        figures["everywhere"] = self._create(load.deployments, self._bindings)
        return figures

    def _create(self, count, among, **options):
        """Measure the creation of *count* Deployments for the bindings *among*."""
        done = {}

        def create():
            began = time.monotonic()
            stored = [item for _, item in deploy(self._cluster, turns(among, count), **options)]
            done["per_s"] = count / (time.monotonic() - began)
            done["bound_at_once"] = bound(stored)

        phase = self._phases.measure(create, origin="create deployments")
        return {"created": count, **phase, **done}


def _memory():
    return {name: dataclasses.asdict(usage) for name, usage in programs().items()}
