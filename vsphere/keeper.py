"""One live session: kept alive, and replaced when it expired or the credentials changed.

Nothing here knows what kind of session it is. May be used from any thread.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from .credentials import Credentials
from .errors import LoginError, SessionError, VSphereError

REFUSED_SECONDS = 60.0
"""How long credentials that were refused are not tried again, for accounts lock."""


class Session(Protocol):
    """What a keeper needs of a session."""

    def alive(self) -> bool:
        """Use the session and tell whether it still is one; may raise `VSphereError`."""

    def logout(self) -> None:
        """End the session; never fails."""


S = TypeVar("S", bound=Session)


@dataclass(frozen=True, kw_only=True)
class _Refusal:
    credentials: Credentials
    until: float
    message: str


class Keeper(Generic[S]):
    """Logs in and holds the session of the moment.

    *credentials* reads them as they are when it is called. Raises what it and *login* raise.
    """

    def __init__(
        self,
        login: Callable[[Credentials], S],
        credentials: Callable[[], Credentials],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._login = login
        self._read = credentials
        self._clock = clock
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._refusal: _Refusal | None = None
        self._credentials = credentials()
        self._session = login(self._credentials)

    @property
    def session(self) -> S:
        """The session to use now; raises `SessionError` when closed."""
        if self._closed.is_set():
            raise SessionError("The vSphere client is closed: use it inside its with block only.")
        return self._session

    def replace(self, stale: S) -> S:
        """Log in again, unless another thread has replaced *stale* already, and return the session.

        Raises `VSphereError`, at once if these credentials were refused a short while ago.
        """
        with self._lock:
            if self.session is stale:
                self._session = self._fresh()
                stale.logout()
            return self.session

    def check(self) -> None:
        """Use the session, and replace it if it has expired or the credentials have changed.

        What goes wrong is for the next call to tell. Refused credentials are not tried again.
        """
        with contextlib.suppress(VSphereError):
            session = self.session
            alive = session.alive()
            credentials = self._read()
            refused = self._refusal is not None and self._refusal.credentials == credentials
            if not refused and not (alive and credentials == self._credentials):
                self.replace(session)

    def run(self, seconds: float) -> None:
        """Check every so many *seconds*, until closed."""
        while not self._closed.wait(seconds):
            self.check()

    def close(self) -> None:
        """Log out, and never log in again."""
        self._closed.set()
        with self._lock:  # a login that is under way ends first
            self._session.logout()

    def _fresh(self) -> S:
        credentials = self._read()
        refusal = self._refusal
        if refusal and refusal.credentials == credentials and self._clock() < refusal.until:
            raise LoginError(refusal.message)
        try:
            session = self._login(credentials)
        except LoginError as error:
            until = self._clock() + REFUSED_SECONDS
            self._refusal = _Refusal(credentials=credentials, until=until, message=str(error))
            raise
        self._credentials, self._refusal = credentials, None
        return session


@contextlib.contextmanager
def keeping(
    login: Callable[[Credentials], S], credentials: Callable[[], Credentials], *, seconds: float
) -> Iterator[Keeper[S]]:
    """Keep a session while the block lasts, and look after it every so many *seconds*."""
    keeper = Keeper(login, credentials)
    thread = threading.Thread(
        target=keeper.run, args=(seconds,), name="vsphere-keep-alive", daemon=True
    )
    try:
        thread.start()
        yield keeper
    finally:
        keeper.close()
        if thread.is_alive():
            thread.join()
