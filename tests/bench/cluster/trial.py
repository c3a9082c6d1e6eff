"""The order of events: one source, many, a cold start, a rollout; quiet in between."""

import contextlib
import dataclasses

from .installation import REVISION
from .phases import Phases
from .processes import programs
from .sources import create, namespaces, unfinished

NEXT = "0.2.0"


class Trial:
    """Puts an installed system through it, and returns figures."""

    def __init__(self, installation):
        self._installation = installation
        self._cluster = installation.cluster
        self._phases = Phases(installation)

    def run(self, count, *, quiet_seconds):
        figures = {"sources": count, "quiet_seconds": quiet_seconds}
        first, *others = namespaces(self._cluster, "bench")
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._installation.webhook())
            with self._phases.hooks(REVISION):
                with self._installation.metacontroller():
                    self._phases.measure(lambda: create(self._cluster, 1, among=[first]))
                    figures["quiet_at_1"] = self._phases.quiet(quiet_seconds)
                    figures["created"] = self._phases.measure(
                        lambda: create(self._cluster, count, among=others),
                        origin="create vspheresources",
                    )
                    figures["unfinished"] = unfinished(self._cluster)
                    figures["memory"] = {
                        name: dataclasses.asdict(usage) for name, usage in programs().items()
                    }
                    figures["quiet"] = self._phases.quiet(quiet_seconds)
                figures["cold_start"] = self._phases.measure(
                    lambda: stack.enter_context(self._installation.metacontroller())
                )
                figures["quiet_after_cold_start"] = self._phases.quiet(quiet_seconds)
            with self._phases.hooks(NEXT):
                figures["rollout"] = self._phases.measure(
                    lambda: self._installation.point_at_hooks(NEXT),
                    origin="patch compositecontrollers",
                )
        return figures
