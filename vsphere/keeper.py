"""One live session: kept alive, and replaced when it expired or the credentials changed.

Nothing here knows what kind of session it is. May be used from any thread.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from .credentials import Credentials
from .errors import SessionError, VSphereError
from .restraint import Restraint

CLOSING_SECONDS = 5.0
"""How long the end waits for a server that does not answer."""


class Session(Protocol):
    """What a keeper needs of a session."""

    @property
    def address(self) -> object:
        """Where it is, for messages."""

    def alive(self) -> bool:
        """Use the session and tell whether it still is one; may raise `VSphereError`."""

    def logout(self) -> None:
        """End the session; never fails."""


S = TypeVar("S", bound=Session)


class _Renewal:
    """A login under way, and the error for all who wait for it, should it fail."""

    error: VSphereError | None = None


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
        self._restraint = Restraint(clock)
        self._closed = threading.Event()
        self._turn = threading.Condition()
        self._renewal: _Renewal | None = None
        self._credentials = credentials()
        self._session = login(self._credentials)

    @property
    def session(self) -> S:
        """The session to use now; raises `SessionError` when closed."""
        if self._closed.is_set():
            raise SessionError("The vSphere client is closed: use it inside its with block only.")
        return self._session

    def replace(self, stale: S) -> S:
        """Return the session after *stale*; however many threads ask, one login is made for all.

        Raises `VSphereError`, to each of them; at once if these credentials were refused a short
        while ago, or too many sessions were replaced.
        """
        with self._turn:
            while self.session is stale and (renewal := self._renewal):
                self._await(renewal, stale)
                if renewal.error:
                    raise renewal.error
            if self.session is not stale:
                return self._session
            renewal = self._renewal = _Renewal()
        return self._renew(stale, renewal)

    def check(self) -> None:
        """Use the session, and replace it if it has expired or the credentials have changed.

        What goes wrong is for the next call to tell. Refused credentials are not tried again.
        """
        with contextlib.suppress(VSphereError):
            session = self.session
            alive = session.alive()
            credentials = self._read()
            good = alive and credentials == self._credentials
            if not good and not self._restraint.refused(credentials):
                self.replace(session)

    def run(self, seconds: float) -> None:
        """Check every so many *seconds*, until stopped, and then log out."""
        while not self._closed.wait(seconds):
            self.check()
        self.close()

    def stop(self) -> None:
        """Let nobody use the session any more, nor wait for another."""
        with self._turn:
            self._closed.set()
            self._turn.notify_all()

    def close(self) -> None:
        """Log out, and never log in again."""
        self.stop()
        with self._turn:  # a login that is under way ends first
            self._turn.wait_for(lambda: not self._renewal)
        self._session.logout()

    def _await(self, renewal: _Renewal, stale: S) -> None:
        self._turn.wait_for(
            lambda: (
                self._renewal is not renewal or self._session is not stale or self._closed.is_set()
            )
        )

    def _renew(self, stale: S, renewal: _Renewal) -> S:
        """Log in, and log out of *stale*; or of the new session, when closed meanwhile."""
        try:
            session = self._fresh(stale)
            with self._turn:
                closed = self._closed.is_set()
                if not closed:
                    self._session = session
                    self._turn.notify_all()
            (session if closed else stale).logout()
        except VSphereError as error:
            renewal.error = error
            raise
        finally:
            with self._turn:
                self._renewal = None
                self._turn.notify_all()
        return self.session

    def _fresh(self, stale: S) -> S:
        credentials = self._read()
        with self._restraint.applied(credentials, stale.address):
            session = self._login(credentials)
        self._credentials = credentials
        return session


@contextlib.contextmanager
def keeping(
    login: Callable[[Credentials], S], credentials: Callable[[], Credentials], *, seconds: float
) -> Iterator[Keeper[S]]:
    """Keep a session while the block lasts, and look after it every so many *seconds*.

    The end is not held up by a server that does not answer: what is under way is left to itself.
    """
    keeper = Keeper(login, credentials)
    thread = threading.Thread(
        target=keeper.run, args=(seconds,), name="vsphere-keep-alive", daemon=True
    )
    try:
        thread.start()
    except RuntimeError:  # no more threads can be had
        keeper.close()
        raise
    try:
        yield keeper
    finally:
        keeper.stop()
        thread.join(CLOSING_SECONDS)
