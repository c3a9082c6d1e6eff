"""One run of the adapter: a thread that reads, one that delivers, one that saves."""

import functools
import threading
from dataclasses import dataclass, field, replace

from .checkpoints.checkpoint import Begin, Position, VCenter
from .checkpoints.saver import Saver
from .checkpoints.store import Store
from .config import Config
from .reading.reader import Reader
from .reading.watch import Hangup
from .sending.deadletter import LONGEST_BODY
from .sending.delivery import Delivery
from .sending.dispatch import Dispatch
from .sending.sink import Sink
from .sending.transfers import Transfers
from .sending.window import Window
from .telemetry.monitor import Monitor
from .telemetry.report import EventTypes

LOGOUT_SECONDS = 5.0
"""How long a stop waits for the reader, which may be waiting for a vCenter that hangs."""


@dataclass(kw_only=True)
class Pump:
    """Carries events from vCenter to the sink until stopped."""

    config: Config
    store: Store
    monitor: Monitor
    event_types: EventTypes
    _stopped: threading.Event = field(default_factory=threading.Event, init=False)
    _asked: bool = field(default=False, init=False)
    _transfers: Transfers = field(init=False)
    _crash: BaseException | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Prepare the transfers, so that `stop` can end a run at any time."""
        self._transfers = Transfers(connections=self.config.delivery.in_flight)

    def stop(self) -> None:
        """Let `run` end: read no more, finish what is in flight, save, log out.

        Signal handlers call this, again and again if need be: it takes no lock, and so does not set
        the event itself.
        """
        self._asked = True
        self._transfers.wake()

    def run(self) -> None:
        """Run until `stop`; raises `EditedError` when the checkpoint was moved by another hand."""
        hangup = Hangup()
        policy = self.config.delivery
        window = Window(in_flight=policy.in_flight, strict=policy.strict)

        def position() -> Position | None:
            # Asked first, nothing is in neither: the reader lets go of what the window has.
            passed_over = reader.passed_over
            reached = window.position()
            if reached is None:
                return None
            return replace(reached, passed_over=(*passed_over, *reached.passed_over))

        saver = Saver(
            store=self.store,
            monitor=self.monitor,
            period=self.config.period,
            position=position,
            replay=bool(self.config.max_age),
        )

        def begun(vcenter: VCenter, begin: Begin, stored: str | None) -> None:
            window.recall(begin)
            saver.begin(vcenter, begin, stored)

        def every_turn() -> None:
            if self._asked:
                self._stopped.set()
            saver.tick()

        delivery = Delivery(dispatch=self._dispatch(window), stopped=self._stopped)
        reader = Reader(
            config=self.config,
            store=self.store,
            monitor=self.monitor,
            begun=begun,
            offer=delivery.offer,
            stopped=self._stopped,
            hangup=hangup,
        )
        # A daemon: a vCenter that hangs must not keep the process from ending.
        thread = threading.Thread(target=self._read, args=(reader,), name="reader", daemon=True)
        thread.start()
        try:
            with self._transfers:
                try:
                    delivery.run(every_turn)
                finally:
                    self._stopped.set()
                    hangup.now()
                    delivery.drain()
                saver.close()
        finally:
            thread.join(LOGOUT_SECONDS)
            delivery.give_up()
        if self._crash is not None:
            raise self._crash

    def _dispatch(self, window: Window) -> Dispatch:
        policy, at_most_once = self.config.delivery, not self.config.max_age
        dead_letters = policy.dead_letter_sink
        to = functools.partial(
            Sink, self._transfers, timeout=policy.timeout, at_most_once=at_most_once
        )
        return Dispatch(
            transfers=self._transfers,
            sink=to(self.config.sink, body_bytes=LONGEST_BODY if dead_letters else 0),
            dead_letter_sink=to(dead_letters) if dead_letters else None,
            policy=policy,
            at_most_once=at_most_once,
            window=window,
            monitor=self.monitor,
            event_types=self.event_types,
        )

    def _read(self, reader: Reader) -> None:
        try:
            reader.run()
        except BaseException as error:  # noqa: BLE001  the delivering thread raises it
            self._crash = error
            self.stop()
