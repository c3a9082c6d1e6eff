"""When to look whether a collector hides events. No I/O."""

import math
from dataclasses import dataclass, field

QUIET_SECONDS = 60.0
"""How often to look while nothing is read."""

DOUBT_SECONDS = 5.0
"""How soon to look after vCenter said that something had happened, but gave nothing to read."""


@dataclass(kw_only=True)
class Watchdog:
    """Knows when the next look is due; every time is in monotonic seconds.

    vCenter gives nothing, and no error either, to an account that may not see the next 1,000
    events (govmomi issue 3450), and to a collector whose keys wrapped to negative numbers.
    """

    began: float
    _fed: float = field(init=False)
    _looked: float = field(default=-math.inf, init=False)
    _doubted: float = field(default=math.inf, init=False)

    def __post_init__(self) -> None:
        self._fed = self.began

    @property
    def due(self) -> float:
        """When to look, if nothing happens before."""
        quiet = max(self._fed, self._looked) + QUIET_SECONDS
        return min(quiet, max(self._doubted + DOUBT_SECONDS, self._looked + QUIET_SECONDS))

    def feed(self, now: float) -> None:
        """Something was read: that rests all doubts."""
        self._fed, self._doubted = now, math.inf

    def doubt(self, now: float) -> None:
        """There was nothing to read, though something should be there."""
        self._doubted = min(self._doubted, now)

    def alarm(self) -> None:
        """The next time that there is nothing to read, look at once."""
        self._looked = self._doubted = -math.inf

    def looked(self, now: float) -> None:
        """A look is done."""
        self._looked, self._doubted = now, math.inf
