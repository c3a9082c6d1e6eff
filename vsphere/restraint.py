"""When not to log in again: accounts lock, and servers that end each session want no more."""

import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .credentials import Credentials
from .errors import LoginError, SessionError

REFUSED_SECONDS = 60.0
"""How long credentials that were refused are not tried again."""

LOGINS, LOGINS_SECONDS = 5, 60.0
"""How many logins there may be in how long."""


@dataclass(frozen=True, kw_only=True)
class _Refusal:
    credentials: Credentials
    until: float
    message: str


class Restraint:
    """Remembers the logins that went before, by *clock*. One login at a time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._refusal: _Refusal | None = None
        self._logins: deque[float] = deque(maxlen=LOGINS)

    def refused(self, credentials: Credentials) -> bool:
        """Tell whether these are the credentials that were refused last, however long ago."""
        return self._refusal is not None and self._refusal.credentials == credentials

    @contextlib.contextmanager
    def applied(self, credentials: Credentials, address: object) -> Iterator[None]:
        """Let the block log in at *address* and take note of what comes of it.

        Raises `LoginError` or `SessionError` in its place, when it is too early.
        """
        now = self._clock()
        if self._refusal and self.refused(credentials) and now < self._refusal.until:
            raise LoginError(self._refusal.message)
        if len(self._logins) == LOGINS and now < self._logins[0] + LOGINS_SECONDS:
            raise SessionError(
                f"{address} ended {LOGINS} sessions within {LOGINS_SECONDS:.0f} seconds: no other "
                "is opened until these are over. Find out who ends them, or whether a load "
                "balancer sends calls to another vCenter than logins."
            )
        try:
            yield
        except LoginError as error:
            self._refusal = _Refusal(
                credentials=credentials, until=self._clock() + REFUSED_SECONDS, message=str(error)
            )
            raise
        self._refusal = None
        self._logins.append(now)
