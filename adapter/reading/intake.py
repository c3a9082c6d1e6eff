"""What was read goes on its way: decoded, counted, handed over, and the place kept."""

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from adapter.events.event import Encoder, Event
from adapter.events.gap import Cause, Gap
from adapter.telemetry.monitor import Monitor

from .place import Place

STEP_SECONDS = 120.0
"""How long a call and its answer may take; after that the reader counts as stuck."""


@dataclass(kw_only=True)
class Intake:
    """Takes the answers of one session.

    It calls *flowing* when the first has been read, and *offer* with events, for as long as the
    window has no room for them; that tells how many of them were taken.
    """

    encoder: Encoder
    place: Place
    monitor: Monitor
    flowing: Callable[[], None]
    offer: Callable[[Sequence[Event]], int]
    watched: dt.datetime | None = None
    """Since when all that happens is given, also what vCenter does not keep."""
    _flows: bool = field(default=False, init=False)

    def decode(self, answer: bytes) -> list[Event]:
        """Read the events in an answer; for the next, there is as much time again."""
        self.monitor.alive_for(STEP_SECONDS)
        return self.encoder.page(answer, near=self.place.time)

    def take(self, events: Sequence[Event]) -> bool:
        """Hand over what is new of *events*, and tell whether reading has come further."""
        if not self._flows:
            self._flows = True
            self.flowing()
        if not events:
            return False
        self.place.count(events)
        new = [event for event in events if not self.place.knows(event)]
        notices = sum(event.gap is not None for event in events)
        self.monitor.read(len(events) - notices)
        if len(new) < len(events):
            self.monitor.skipped(len(events) - len(new))
        return self._hand_over(
            [replace(event, needless=True) if self._saw_burst(event) else event for event in new]
        )

    def tell(self, missing: Gap) -> None:
        """Send the notice of a gap, which ends where reading goes on."""
        self.take([])
        self._hand_over([self.encoder.notice(missing)])
        self.place.skip(missing.end)

    def _hand_over(self, events: Sequence[Event]) -> bool:
        if not events:
            return False
        for event in events:
            if event.gap is not None and not event.needless:
                self.monitor.gap(event.gap.start, event.gap.end, event.gap.message)
        # While a sink takes nothing, this has no end.
        self.monitor.alive_for(math.inf)
        taken = self.offer(events)
        self.monitor.alive_for(STEP_SECONDS)
        # The rest, if there is a stop, is still to be read.
        return self.place.advance(events[:taken])

    def _saw_burst(self, event: Event) -> bool:
        """Whether *event* tells of events that vCenter did not keep, but has given as they were."""
        return (
            event.gap is not None
            and event.gap.cause is Cause.BURST_COMPRESSED
            and self.watched is not None
            and self.watched <= event.gap.start < event.gap.end
        )
