"""Reading: logs in, opens the history where it was left, and survives whatever vCenter does."""

import datetime as dt
import random
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import vsphere
from adapter.checkpoints import checkpoint
from adapter.checkpoints.checkpoint import Begin, VCenter
from adapter.checkpoints.store import Store, StoreError
from adapter.config import Config
from adapter.events.event import Encoder, Event
from adapter.events.keys import Span
from adapter.events.message import instant
from adapter.events.page import PageError
from adapter.telemetry.monitor import Monitor

from .intake import STEP_SECONDS, Intake
from .patience import Patience
from .place import Place
from .stream import Stream
from .watch import Hangup


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
    offer: Callable[[Sequence[Event]], int]
    stopped: threading.Event
    hangup: Hangup
    jitter: Callable[[], float] = random.random
    _started: dt.datetime | None = field(default=None, init=False)
    _place: Place | None = field(default=None, init=False)
    _first: Begin | None = field(default=None, init=False)
    _note: str = field(default="", init=False)
    _patience: Patience = field(init=False)

    def __post_init__(self) -> None:
        """Nothing went wrong yet."""
        self._patience = Patience(
            folder=self.config.secret_folder,
            monitor=self.monitor,
            stopped=self.stopped,
            jitter=self.jitter,
        )

    @property
    def passed_over(self) -> tuple[Span, ...]:
        """Keys whose events may still come; any thread may ask."""
        return self._place.holes.spans if self._place else ()

    def run(self) -> None:
        """Read on, session after session."""
        while not self.stopped.is_set():
            with ExitStack() as ending:
                try:
                    self._read_session(ending)
                except (vsphere.VSphereError, PageError, StoreError) as error:
                    # One that is stopped may have a successor, which speaks for itself.
                    if not self.stopped.is_set():
                        self._patience.failed(error)
            self._patience.wait()

    def _read_session(self, ending: ExitStack) -> None:
        """Log in, and read until stopped or something breaks; log out at the *ending*."""
        config = self.config
        self.monitor.alive_for(STEP_SECONDS)
        credentials = vsphere.Credentials.read(config.secret_folder)
        self._patience.tried = credentials
        session = vsphere.login(config.address, credentials, insecure=config.insecure)
        self._patience.tried = None
        self.monitor.logged_in()
        ending.callback(self.monitor.logged_out)
        ending.callback(session.logout)
        now = session.now()
        first, place = self._begin(session, now)
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
        stream.run(first, now=now)

    def _flowing(self, session: vsphere.Session) -> None:
        self._patience.reset()
        self._first = None
        self.monitor.flowing(f"Reading the events of {session.address}.{self._note}")

    def _begin(self, session: vsphere.Session, now: dt.datetime) -> tuple[Begin | None, Place]:
        """Decide where to begin, or to go on; what is missing from the start is to be told once."""
        if self._place is None:
            self._first = begin = self._first_begin(session, now)
            # Without replay nothing before the begin is sent, not even for the overlap.
            floor = checkpoint.NEVER if self.config.max_age else begin.time
            self._place = Place.after(begin, floor=floor)
        return self._first, self._place

    def _first_begin(self, session: vsphere.Session, now: dt.datetime) -> Begin:
        """Decide where a process begins to read."""
        here = VCenter(url=str(session.address), instance_uuid=session.instance_uuid)
        # What happens while the store is out of reach must not be passed over.
        now = self._started = self._started or now
        stored = self.store.load()
        begin = checkpoint.begin(stored, here, now=now, max_age=self.config.max_age)
        if begin.problem:
            self._note = f" {begin.problem}: reading began at {instant(begin.time)}."
        self.begun(here, begin, stored)
        return begin
