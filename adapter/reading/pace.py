"""When to read again, after there was nothing to read."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import vsphere
from adapter.telemetry.monitor import LOG, Monitor

from .watch import WAIT_SECONDS, Watch

IDLE_SECONDS = (0.25, 0.5, 1.0)
"""Without a long poll: how long to wait after 1, 2, 3 and more reads that found nothing."""

BREATH_SECONDS = 0.1
"""The shortest time between two wake-ups: a busy vCenter is not asked for each event."""

ANEW_SECONDS = 60.0
"""How long a long poll that was refused is not tried again."""


@dataclass(kw_only=True)
class Pace:
    """Waits for the next event: by a long poll, or where that is not served by short ones."""

    watch: Watch
    monitor: Monitor
    stopped: threading.Event
    clock: Callable[[], float] = time.monotonic
    mode: str = ""
    """What the monitor is told in the place of how it waits."""
    _empty: int = field(default=0, init=False)
    _woken: float = field(default=-math.inf, init=False)
    _refused: float = field(default=-math.inf, init=False)

    def rest(self, most: float) -> bytes:
        """Return when it is time to read again, after *most* seconds or a bit more at the latest.

        Gives vCenter's word on what happened last, if that is why.
        """
        try:
            if self.watch.armed:
                return self._long(most)
            if self.clock() >= self._refused + ANEW_SECONDS:
                told = self.watch.arm()
                self.monitor.watching(self.mode or "long poll")
                # What has happened before this moment wakes nobody.
                return told
        except vsphere.CallError as error:
            LOG.debug("No long poll: %s", error)
            self.watch.disarm()
            self._refused = self.clock()
            self.monitor.watching(self.mode or "short poll")
        self.stopped.wait(IDLE_SECONDS[min(self._empty, len(IDLE_SECONDS) - 1)])
        self._empty += 1
        return b""

    def found(self, *, many: bool) -> None:
        """Something was read; of *many* events, the notices are not worth having."""
        self._empty = 0
        if many:
            self.watch.disarm()

    def __enter__(self) -> Self:
        """Leave nothing behind in vCenter at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave nothing behind in vCenter."""
        self.watch.__exit__(kind, error, trace)

    def _long(self, most: float) -> bytes:
        self.stopped.wait(max(self._woken + BREATH_SECONDS - self.clock(), 0.0))
        told = self.watch.wait(math.ceil(min(max(most, 1.0), WAIT_SECONDS)))
        # With nothing to tell, a server may answer at once too.
        self._woken = self.clock()
        return told
