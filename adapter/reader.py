"""Reading: logs in, opens the history where it was left, and survives whatever vCenter does."""

import datetime as dt
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import vsphere

from . import checkpoint
from .backoff import LOGIN, VCENTER, Backoff
from .checkpoint import OVERLAP, Begin, VCenter
from .config import Config
from .event import Encoder, Event
from .intake import STEP_SECONDS, Intake
from .monitor import LOG, Monitor
from .page import PageError
from .place import Place
from .store import Store, StoreError
from .stream import Stream
from .watch import Hangup

CREDENTIALS_SECONDS = 5.0
"""How often, during a wait for which the Secret is to blame, to look whether it changed; and the
time over which the logins of the many adapters that share a changed Secret are spread."""


@dataclass(kw_only=True)
class Reader:
    """Runs in a thread of its own until *stopped*, or raises what it cannot survive.

    It calls *begun* once, before it reads: with the vCenter, where reading begins, and the stored
    checkpoint, if there is one. It calls *offer* with each page. *hangup* ends its waits.
    """

    config: Config
    store: Store
    monitor: Monitor
    begun: Callable[[VCenter, Begin, str | None], None]
    offer: Callable[[Sequence[Event]], None]
    stopped: threading.Event
    hangup: Hangup
    jitter: Callable[[], float] = random.random
    _started: dt.datetime | None = field(default=None, init=False)
    _place: Place | None = field(default=None, init=False)
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
        self.monitor.alive_for(STEP_SECONDS)
        credentials = vsphere.Credentials.read(config.secret_folder)
        self._refused = credentials
        session = vsphere.login(config.address, credentials, insecure=config.insecure)
        self._refused = None
        self.monitor.logged_in()
        try:
            now = session.now()
            begin, place = self._begin(session, now)
            LOG.info("Reading begins at %s.", begin.time)
            intake = Intake(
                encoder=Encoder(
                    source=str(session.address),
                    api_version=session.api_version,
                    encoding=config.encoding,
                    extensions=config.extensions,
                ),
                place=place,
                monitor=self.monitor,
                flowing=lambda: self._flowing(session),
                offer=self.offer,
            )
            stream = Stream(
                session=session,
                intake=intake,
                monitor=self.monitor,
                stopped=self.stopped,
                hangup=self.hangup,
            )
            stream.run(begin, now=now)
        finally:
            session.logout()
            self.monitor.logged_out()

    def _flowing(self, session: vsphere.Session) -> None:
        self._failures = 0
        self.monitor.flowing(f"Reading the events of {session.address}.{self._note}")

    def _begin(self, session: vsphere.Session, now: dt.datetime) -> tuple[Begin, Place]:
        """Decide where this session begins to read."""
        place = self._place
        if place is None:
            begin = self._first_begin(session, now)
            since = begin.since or begin.time
            # Without replay nothing before the begin is sent, not even for the overlap.
            floor = checkpoint.NEVER if self.config.max_age else begin.time
            place = Place(begin=begin.time, time=since, key=begin.key, floor=floor)
            self._place = place
            return begin, place
        # Never in the future: vCenter's clock may have been set back meanwhile.
        if place.begin > now:
            place.begin = now - OVERLAP
        return Begin(time=place.begin, since=place.time, key=place.key), place

    def _first_begin(self, session: vsphere.Session, now: dt.datetime) -> Begin:
        """Decide where a process begins to read."""
        here = VCenter(url=str(session.address), instance_uuid=session.instance_uuid)
        # What happens while the store is out of reach must not be passed over.
        now = self._started = self._started or now
        stored = self.store.load()
        begin = checkpoint.begin(stored, here, now=now, max_age=self.config.max_age)
        if begin.problem:
            self._note = f" {begin.problem}: reading began at {begin.time:%Y-%m-%dT%H:%M:%SZ}."
        self.begun(here, begin, stored)
        return begin

    def _wait_after(self, error: Exception) -> None:
        """Say what is wrong, and wait: long after a refused login, for accounts lock.

        Where the Secret is to blame, a change of it ends the wait.
        """
        policy = LOGIN if isinstance(error, vsphere.LoginError) else VCENTER
        self._failures = self._failures + 1 if policy is self._policy else 1
        self._policy = policy
        watched = isinstance(error, vsphere.LoginError | vsphere.CredentialsError)
        delay = policy.delay(self._failures, jitter=self.jitter())
        self.monitor.alive_for(delay + STEP_SECONDS)
        self.monitor.interrupted(_reason(error), str(error))
        while delay > 0 and not self.stopped.wait(min(delay, CREDENTIALS_SECONDS)):
            delay -= CREDENTIALS_SECONDS
            if watched and _changed(self.config.secret_folder, self._refused):
                self.stopped.wait(CREDENTIALS_SECONDS * self.jitter())
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
