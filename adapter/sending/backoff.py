"""How long to wait before trying again: data and arithmetic, no clock and no dice."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Waits from `first` to `longest` seconds that double, or grow by `first` if `linear`."""

    first: float
    longest: float
    linear: bool = False

    def delay(self, failures: int, *, jitter: float) -> float:
        """Seconds to wait after that many failures in a row (from 1).

        *jitter*, in [0, 1), adds up to a quarter, so that many clients do not come back at once.
        """
        # The exponent is bounded: 2.0 ** 1024 overflows, and a peer may be down for weeks.
        growth = failures if self.linear else 2.0 ** min(failures - 1, 32)
        return min(self.first * growth, self.longest) * (1 + jitter / 4)


VCENTER = Backoff(first=1.0, longest=60.0)
LOGIN = Backoff(first=60.0, longest=900.0)
"""Refused logins are tried rarely, for accounts lock."""
