"""The window of acknowledgements: what was read, what is in flight, what is settled. No I/O.

Events enter in vCenter's order, and the oldest that may leave leaves first: those of one order key
one at a time; of different keys, as many as `in_flight` allows. The unbroken settled prefix is what
a checkpoint may claim.
"""

import datetime as dt
import heapq
from collections import deque
from dataclasses import dataclass, field

from adapter.checkpoints.checkpoint import OVERLAP, Begin, Position, Reached, earlier
from adapter.checkpoints.settled import Settled
from adapter.events.event import Event
from adapter.events.keys import follows, key_of

MOST_EVENTS = 1000
MOST_BYTES = 16 * 1024 * 1024

_MEMORY = 2 * OVERLAP
"""How long settled events are remembered: one may come `OVERLAP` late, and reading begins another
`OVERLAP` before it."""

_MOST_RUNS = 5000
"""So many runs of settled keys are saved: a ConfigMap takes a MiB, and of an account that may not
see every other event each is a run. What is left out would be sent again."""

_Id = tuple[int, dt.datetime]
"""Key and time of an event: keys begin anew when a vCenter is rebuilt."""


@dataclass(slots=True, eq=False)
class Entry:
    """One event on its way; `number` counts events, and `attempts` the sends that failed."""

    event: Event
    number: int = 0
    attempts: int = 0
    settled: bool = False


@dataclass(kw_only=True)
class Window:
    """Bounded in events and bytes, so that memory does not grow with the backlog.

    *strict* keeps one order for all events, and so sends one at a time.
    """

    in_flight: int
    strict: bool = False
    sending: int = field(default=0, init=False)
    """How many are in flight."""
    _unsettled: int = field(default=0, init=False)
    _known: dict[_Id, Entry] = field(default_factory=dict, init=False)
    _order: deque[Entry] = field(default_factory=deque, init=False)
    _lanes: dict[str, deque[Entry]] = field(default_factory=dict, init=False)
    _ready: list[tuple[int, Entry]] = field(default_factory=list, init=False)
    _waiting: list[tuple[float, int, Entry]] = field(default_factory=list, init=False)
    _admitted: int = field(default=0, init=False)
    _bytes: int = field(default=0, init=False)
    _prefix: tuple[int, str] = field(default=(0, ""), init=False)
    """Key and type of the last event of the settled prefix that did not come late."""
    _reached: Reached | None = field(default=None, init=False)
    _settled: Settled = field(default_factory=Settled, init=False)
    _moved: bool = field(default=False, init=False)

    def __len__(self) -> int:
        """How many events are not settled."""
        return self._unsettled

    @property
    def oldest(self) -> dt.datetime | None:
        """The time of the first event that is not settled."""
        return self._order[0].event.created if self._order else None

    @property
    def has_room(self) -> bool:
        """Whether another event may enter; settled ones behind an open one take room too."""
        return len(self._order) < MOST_EVENTS and self._bytes < MOST_BYTES

    def recall(self, begin: Begin) -> None:
        """Take what a former process had settled: it is not sent again."""
        self._settled = Settled(begin.acknowledged)
        if begin.key:
            self._prefix = begin.key, begin.type
            self._reached = Reached(begin.until or begin.since or begin.time)

    def admit(self, event: Event) -> bool:
        """Take an event; one that is known already (read again after a reconnect) is not.

        Nor is a needless one, which leaves with what is before it.
        """
        identity = (event.key, event.created)
        if identity in self._known or self._settled.covers(*identity):
            return False
        self._admitted += 1
        entry = Entry(event, self._admitted)
        self._known[identity] = entry
        self._order.append(entry)
        self._bytes += len(event.body)
        if event.needless:
            entry.settled = self._moved = True
            self._pass_settled()
            return False
        self._unsettled += 1
        lane = self._lanes.setdefault(self._lane(event), deque())
        lane.append(entry)
        if len(lane) == 1:
            self._make_ready(entry)
        return True

    def take_due(self, now: float) -> list[Entry]:
        """Hand out what may be sent at *now* (monotonic seconds); each is in flight from here."""
        while self._waiting and self._waiting[0][0] <= now:
            self._make_ready(heapq.heappop(self._waiting)[2])
        due = []
        while self._ready and self.sending < self.in_flight:
            due.append(heapq.heappop(self._ready)[1])
            self.sending += 1
        return due

    def next_due(self) -> float | None:
        """When the first of those that wait for another attempt is due."""
        return self._waiting[0][0] if self._waiting else None

    def postpone(self, entry: Entry, until: float) -> None:
        """Hold an entry whose send failed; its order key waits with it."""
        self.sending -= 1
        entry.attempts += 1
        heapq.heappush(self._waiting, (until, entry.number, entry))

    def settle(self, entry: Entry) -> None:
        """An entry has arrived, or will never: move on."""
        event = entry.event
        self.sending -= 1
        entry.settled = self._moved = True
        self._unsettled -= 1
        lane = self._lanes[self._lane(event)]
        lane.popleft()
        if lane:
            self._make_ready(lane[0])
        else:
            del self._lanes[self._lane(event)]
        self._pass_settled()

    def position(self) -> Position | None:
        """What a checkpoint may claim, or None as long as nothing more is settled than before."""
        if not self._moved:
            return None
        last = [] if self._reached is None else [self._reached.time]
        unsettled = [entry.event for entry in self._order if not entry.settled]
        time = min([*last, *(event.created for event in unsettled)])
        key, kind = self._prefix
        # What is settled beyond the prefix may have come late.
        self._settled.forget(earlier(time, _MEMORY), up_to=key)
        if not key and self._order and self._order[0].event.gap is None:
            # Nothing is settled up to here; what follows is still to be read.
            key = key_of(self._order[0].event.key - 1)
        remembered = sorted(self._settled.runs(), key=lambda run: run.until)[-_MOST_RUNS:]
        acknowledged = (*remembered, *self._settled_beyond().runs())
        late = [
            event.key
            for event in unsettled
            if key and event.gap is None and not follows(event.key, key)
        ]
        return Position(
            key=key,
            type=kind,
            time=time,
            until=self._reached.time if self._reached else None,
            acknowledged=acknowledged,
            passed_over=tuple((one, one) for one in late),
        )

    def _settled_beyond(self) -> Settled:
        """What is settled beyond the prefix."""
        beyond = Settled()
        for entry in self._order:
            # What a needless notice tells of is part of what is before it.
            if entry.settled and not entry.event.needless:
                beyond.add(entry.event.key, entry.event.created)
            else:
                beyond.cut()
        return beyond

    def _pass_settled(self) -> None:
        while self._order and self._order[0].settled:
            self._advance(self._order.popleft().event)

    def _lane(self, event: Event) -> str:
        return "" if self.strict else event.order_key

    def _make_ready(self, entry: Entry) -> None:
        heapq.heappush(self._ready, (entry.number, entry))

    def _advance(self, event: Event) -> None:
        """Move the prefix past *event*; a notice settles a span of time, and has no key."""
        key, _ = self._prefix
        if event.gap is not None:
            # It may be one of a burst that comes late, and so lies behind.
            self._reached = self._reached or Reached(event.gap.end)
            self._reached.go_on(event.gap.end)
        elif self._reached is None:
            self._prefix, self._reached = (event.key, event.type), Reached(event.created)
        elif not key or follows(event.key, key) or event.created > self._reached.time:
            self._prefix = event.key, event.type
            self._reached.go_on(event.created)
        self._bytes -= len(event.body)
        del self._known[event.key, event.created]
        self._settled.add(event.key, event.created)
