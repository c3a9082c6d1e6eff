"""When to search for events that came late. No I/O."""

import math
from dataclasses import dataclass, field

SOON_SECONDS = 1.0
"""How soon to search: what is only out of order has come by then."""

RARELY_SECONDS = 60.0
"""How often to search where nothing is found: some accounts may not see all, and pass over much."""


@dataclass(kw_only=True)
class Search:
    """Knows when the next search is due; every time is in monotonic seconds."""

    _wanted: float = field(default=math.inf, init=False)
    _patience: float = field(default=SOON_SECONDS, init=False)

    @property
    def due(self) -> float:
        """When to search, if it is wanted at all."""
        return self._wanted + self._patience

    def want(self, now: float) -> None:
        """Something was passed over."""
        self._wanted = min(self._wanted, now)

    def done(self) -> None:
        """Want nothing now; the next time, wait longer."""
        self._wanted, self._patience = math.inf, min(2 * self._patience, RARELY_SECONDS)

    def found(self) -> None:
        """There may soon be more."""
        self._patience = SOON_SECONDS
