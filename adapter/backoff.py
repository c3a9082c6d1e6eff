"""How long to wait before trying again: data and arithmetic, no clock and no dice."""

from dataclasses import dataclass

LONGEST_RETRY_AFTER = 300.0
"""Seconds that a sink may ask us to wait; a longer wish is cut."""


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Waits that double from `first` to `longest` seconds."""

    first: float
    longest: float

    def delay(self, failures: int, *, jitter: float) -> float:
        """Seconds to wait after that many failures in a row (from 1).

        *jitter*, in [0, 1), adds up to a quarter, so that many clients do not come back at once.
        """
        # The exponent is bounded: 2.0 ** 1024 overflows, and a peer may be down for weeks.
        wait = min(self.first * 2.0 ** min(failures - 1, 32), self.longest)
        return wait * (1 + jitter / 4)


SEND = Backoff(first=0.2, longest=30.0)
VCENTER = Backoff(first=1.0, longest=60.0)
LOGIN = Backoff(first=60.0, longest=900.0)
"""Refused logins are tried rarely, for accounts lock."""
