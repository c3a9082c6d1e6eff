"""Reading: logs in, opens the history where it was left, and survives whatever vCenter does."""

import datetime as dt
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import vsphere

from . import checkpoint, vcenter
from .backoff import LOGIN, VCENTER, Backoff
from .checkpoint import NEVER, OVERLAP, Begin, VCenter
from .config import Config
from .event import Encoder, Event, PageError
from .monitor import LOG, Monitor
from .store import Store, StoreError

IDLE_SECONDS = (0.25, 0.5, 1.0)
"""How long to wait after 1, 2, 3 and more reads in a row that found nothing."""

CREDENTIALS_SECONDS = 5.0
"""How often, during a wait for which the Secret is to blame, to look whether it changed."""


@dataclass(kw_only=True)
class Reader:
    """Runs in a thread of its own until *stopped*, or raises what it cannot survive.

    It calls *begun* once, before it reads: with the vCenter, where reading begins, and the stored
    checkpoint, if there is one. It calls *offer* with each page.
    """

    config: Config
    store: Store
    monitor: Monitor
    begun: Callable[[VCenter, Begin, str | None], None]
    offer: Callable[[Sequence[Event]], None]
    stopped: threading.Event
    jitter: Callable[[], float] = random.random
    _started: dt.datetime | None = field(default=None, init=False)
    _resume: dt.datetime | None = field(default=None, init=False)
    _floor: dt.datetime = field(default=NEVER, init=False)
    _note: str = field(default="", init=False)
    _failures: int = field(default=0, init=False)
    _policy: Backoff = field(default=VCENTER, init=False)
    _refused: vsphere.Credentials | None = field(default=None, init=False)

    def run(self) -> None:
        """Read on, session after session."""
        while not self.stopped.is_set():
            try:
                self._read_session()
            except (vsphere.VSphereError, PageError, StoreError) as error:
                self._wait_after(error)

    def _read_session(self) -> None:
        """Log in, read until stopped or something breaks, log out."""
        config = self.config
        credentials = vsphere.Credentials.read(config.secret_folder)
        self._refused = credentials
        session = vsphere.login(config.address, credentials, insecure=config.insecure)
        self._refused = None
        try:
            encoder = Encoder(
                source=str(session.address),
                api_version=session.api_version,
                encoding=config.encoding,
                extensions=config.extensions,
            )
            begin = self._next_begin(session)
            with vcenter.history(session, begin) as read_page:
                LOG.info("Reading begins at %s.", begin)
                self.monitor.flowing(f"Reading the events of {session.address}.{self._note}")
                self._read_pages(lambda: encoder.page(read_page()))
        finally:
            session.logout()

    def _read_pages(self, read: Callable[[], list[Event]]) -> None:
        empty = 0
        while not self.stopped.is_set():
            events = read()
            self._failures = 0
            if not events:
                self.stopped.wait(IDLE_SECONDS[min(empty, len(IDLE_SECONDS) - 1)])
                empty += 1
                continue
            empty = 0
            self.monitor.read(len(events))
            self.offer(events)
            # From here on, a new session begins where this one was; the window knows the overlap.
            self._resume = max(events[-1].created - OVERLAP, self._floor)

    def _next_begin(self, session: vsphere.Session) -> dt.datetime:
        """Decide where this session begins to read."""
        if self._resume is None:
            return self._first_begin(session)
        now = session.now()
        # Never in the future: vCenter's clock may have been set back meanwhile.
        return self._resume if self._resume <= now else now - OVERLAP

    def _first_begin(self, session: vsphere.Session) -> dt.datetime:
        """Decide where a process begins to read."""
        here = VCenter(url=str(session.address), instance_uuid=session.instance_uuid)
        # What happens while the store is out of reach must not be passed over.
        now = self._started = self._started or session.now()
        stored = self.store.load()
        begin = checkpoint.begin(stored, here, now=now, max_age=self.config.max_age)
        if begin.problem:
            self._note = f" {begin.problem}: reading began at {begin.time:%Y-%m-%dT%H:%M:%SZ}."
        self.begun(here, begin, stored)
        self._resume = begin.time
        if not self.config.max_age:
            # Without replay nothing before the begin is sent, not even for the overlap.
            self._floor = begin.time
        return begin.time

    def _wait_after(self, error: Exception) -> None:
        """Say what is wrong, and wait: long after a refused login, for accounts lock.

        Where the Secret is to blame, a change of it ends the wait.
        """
        policy = LOGIN if isinstance(error, vsphere.LoginError) else VCENTER
        self._failures = self._failures + 1 if policy is self._policy else 1
        self._policy = policy
        watched = isinstance(error, vsphere.LoginError | vsphere.CredentialsError)
        delay = policy.delay(self._failures, jitter=self.jitter())
        self.monitor.interrupted(_reason(error), str(error))
        while delay > 0 and not self.stopped.wait(min(delay, CREDENTIALS_SECONDS)):
            delay -= CREDENTIALS_SECONDS
            if watched and _changed(self.config.secret_folder, self._refused):
                return


def _reason(error: Exception) -> str:
    if isinstance(error, vsphere.VSphereError):
        return error.reason
    return "CheckpointUnavailable" if isinstance(error, StoreError) else "PageUnreadable"


def _changed(folder: Path, refused: vsphere.Credentials | None) -> bool:
    """Whether there are credentials other than those that were refused."""
    try:
        return vsphere.Credentials.read(folder) != refused
    except vsphere.CredentialsError:
        return False
