"""When to save the checkpoint: at most once a period, only when it moved, and at the end."""

import datetime as dt
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from adapter.telemetry.monitor import Monitor

from . import checkpoint
from .checkpoint import Begin, Position, VCenter
from .store import EditedError, Store, StoreError


def utc_now() -> dt.datetime:
    """The time of day, aware; it only labels a checkpoint, vCenter's clock decides."""
    return dt.datetime.now(dt.UTC)


LOOK_SECONDS = 60.0
"""How often to look after a checkpoint that does not move; a look is a call to the API server."""


@dataclass(kw_only=True)
class Saver:
    """Saves beside the delivery, which does not wait for a slow or absent store.

    `begin`, `tick` and `close` raise `EditedError` when somebody else has moved the checkpoint;
    without *replay* they write over it, for then no process goes by it.
    """

    store: Store
    monitor: Monitor
    period: dt.timedelta
    position: Callable[[], Position | None]
    replay: bool = True
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], dt.datetime] = utc_now
    _vcenter: VCenter | None = field(default=None, init=False)
    _saved: Position | None = field(default=None, init=False)
    _start: Position | None = field(default=None, init=False)
    _stored: str | None = field(default=None, init=False)
    _saving: Future[None] | None = field(default=None, init=False)
    _next: float = field(default=0.0, init=False)
    _next_look: float = field(default=0.0, init=False)
    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, "saver"), init=False
    )

    def begin(self, vcenter: VCenter, begin: Begin, stored: str | None) -> None:
        """Say what is read from where, and what is *stored*; if nothing is, save that at once.

        From then on a crash loses nothing, not even before the first event is settled. A store
        that is out of reach stops nothing: the begin is saved as soon as it can be.
        """
        # As long as nothing has moved, what is stored is not claimed to reach up to the begin.
        time = begin.since or begin.time
        start = Position(
            key=begin.key,
            type=begin.type,
            time=time,
            until=begin.until,
            acknowledged=begin.acknowledged,
            passed_over=begin.passed_over,
        )
        self._start, self._stored = start, stored
        if stored is None:
            self._save(start, vcenter)
        else:
            self.monitor.saved(start.time)
        self._next_look = self.clock() + LOOK_SECONDS
        self._vcenter = vcenter

    def tick(self) -> None:
        """Begin to save if a period has passed; to be called often, by the delivering thread."""
        if self._saving is not None:
            if not self._saving.done():
                return
            saving, self._saving = self._saving, None
            saving.result()
        if self.clock() >= self._next:
            self._next = self.clock() + self.period.total_seconds()
            self._begin()
        if self._saving is None and self._vcenter is not None and self.clock() >= self._next_look:
            self._next_look = self.clock() + LOOK_SECONDS
            self._saving = self._thread.submit(self._look, self._vcenter)

    def close(self) -> None:
        """Save what has moved since, and wait until that is done or has failed."""
        if self._saving is not None:
            self._saving.result()
        self._begin()
        self._thread.shutdown()
        if self._saving is not None:
            self._saving.result()

    def _begin(self) -> None:
        # The window belongs to the calling thread: so the position is taken here.
        position = self.position() or (self._start if self._stored is None else None)
        if self._vcenter is not None and position is not None and position != self._saved:
            self._next_look = self.clock() + LOOK_SECONDS
            self._saving = self._thread.submit(self._save, position, self._vcenter)

    def _save(self, position: Position, vcenter: VCenter) -> None:
        text = checkpoint.write(position, vcenter, now=self.now())
        try:
            self._put(text)
        except StoreError as error:
            self.monitor.not_saved(str(error))
        else:
            self._saved, self._stored = position, text
            self.monitor.saved(position.time)

    def _put(self, text: str) -> None:
        try:
            self.store.save(text)
        except EditedError as error:
            if self.replay:
                raise
            # What has been read may be written over, with the next save.
            self.store.load()
            raise StoreError(f"{error}. The next save writes over it.") from error

    def _look(self, vcenter: VCenter) -> None:
        """Write a checkpoint again that was deleted, and notice one that was written over."""
        try:
            found = self.store.load()
        except StoreError:
            # The next save will say so.
            return
        position = self._saved or self._start
        if found is None and position is not None:
            self._save(position, vcenter)
        elif found != self._stored and self.replay:
            raise EditedError("Somebody else wrote the checkpoint")
