"""What was read goes on its way: decoded, counted, handed over, and the place kept."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .event import Encoder, Event
from .gap import Gap
from .monitor import Monitor
from .place import Place

STEP_SECONDS = 120.0
"""How long a call and its answer may take; after that the reader counts as stuck."""


@dataclass(kw_only=True)
class Intake:
    """Takes the answers of one session.

    It calls *flowing* when the first has been read, and *offer* with events, for as long as the
    window has no room for them.
    """

    encoder: Encoder
    place: Place
    monitor: Monitor
    flowing: Callable[[], None]
    offer: Callable[[Sequence[Event]], None]
    _flows: bool = field(default=False, init=False)

    def decode(self, read: Callable[[], bytes]) -> list[Event]:
        """Call for an answer and read the events in it."""
        self.monitor.alive_for(STEP_SECONDS)
        return self.encoder.page(read(), near=self.place.time)

    def take(self, events: Sequence[Event]) -> bool:
        """Hand *events* over, and tell whether one of them was not read before."""
        if not self._flows:
            self._flows = True
            self.flowing()
        if not events:
            return False
        new = not all(self.place.knows(event.key, event.created) for event in events)
        gaps = [event.gap for event in events if event.gap is not None]
        self.monitor.read(len(events) - len(gaps))
        for missing in gaps:
            self.monitor.gap(missing.start, missing.end, missing.message)
        # While a sink takes nothing, this has no end.
        self.monitor.alive_for(math.inf)
        self.offer(events)
        self.monitor.alive_for(STEP_SECONDS)
        self.place.advance(events)
        return new

    def tell(self, missing: Gap) -> None:
        """Send the notice of a gap, which ends where reading goes on."""
        self.take([self.encoder.notice(missing)])
        self.place.skip(missing.end)
