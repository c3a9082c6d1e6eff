"""When to save the checkpoint: at most once a period, only when it moved, and at the end."""

import datetime as dt
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from . import checkpoint
from .checkpoint import Position, VCenter
from .monitor import LOG
from .store import Store, StoreError


def utc_now() -> dt.datetime:
    """The time of day, aware; it only labels a checkpoint, vCenter's clock decides."""
    return dt.datetime.now(dt.UTC)


@dataclass(kw_only=True)
class Saver:
    """Saves beside the delivery, which does not wait for a slow or absent store.

    `tick` and `close` raise `EditedError` when somebody else has moved the checkpoint.
    """

    store: Store
    period: dt.timedelta
    position: Callable[[], Position | None]
    vcenter: VCenter | None = None
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], dt.datetime] = utc_now
    _start: Position | None = field(default=None, init=False)
    _saved: Position | None = field(default=None, init=False)
    _saving: Future[None] | None = field(default=None, init=False)
    _next: float = field(default=0.0, init=False)
    _trouble: str = field(default="", init=False)
    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, "saver"), init=False
    )

    def begin(self, vcenter: VCenter, start: Position | None) -> None:
        """Say what is read; *start*, where there was no checkpoint, is saved before this returns.

        From then on a crash loses nothing, not even before the first event is settled. A store
        that is out of reach stops nothing: *start* is saved as soon as it can be.
        """
        self._start = start
        if start is not None:
            self._thread.submit(self._save, start, vcenter).result()
        self.vcenter = vcenter

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

    def close(self) -> None:
        """Save what has moved since, and wait until that is done or has failed."""
        self._begin()
        self._thread.shutdown()
        if self._saving is not None:
            self._saving.result()

    def _begin(self) -> None:
        # The window belongs to the calling thread: so the position is taken here.
        position = self.position() or self._start
        if self.vcenter is not None and position is not None and position != self._saved:
            self._saving = self._thread.submit(self._save, position, self.vcenter)

    def _save(self, position: Position, vcenter: VCenter) -> None:
        try:
            self.store.save(checkpoint.write(position, vcenter, now=self.now()))
        except StoreError as error:
            if str(error) != self._trouble:
                LOG.error("%s", error)
            self._trouble = str(error)
        else:
            self._saved = position
            self._trouble = ""
