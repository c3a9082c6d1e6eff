"""The window of acknowledgements: the laws, checked against a simple model."""

import dataclasses
import datetime as dt

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from adapter.checkpoints import checkpoint
from adapter.checkpoints.checkpoint import OVERLAP, Begin, Position, VCenter
from adapter.checkpoints.settled import Run
from adapter.events.event import XML, Encoder, Event
from adapter.events.gap import Cause, Gap
from adapter.reading.place import Place
from adapter.sending import window
from adapter.sending.window import Entry, Window

HERE = VCenter(url="https://vc.example/sdk", instance_uuid="uuid-1")
START = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
EVER = dt.timedelta(days=365)


def happened(key, created, lane):
    return Event(
        key=key, created=created, type="VmEvent", order_key=lane, headers=(), body=b"<VmEvent/>"
    )


def identity(event):
    return event.key, event.created


def settled_something(adapter):
    """A condition on rules, so that they do not come before there is anything to go wrong."""
    return adapter.window.position() is not None


class Adapter(RuleBasedStateMachine):
    """A vCenter with its history, a reader, a window, a sink, and lives of the process.

    vCenter writes an event's time later than that of one it wrote before: by any time. A collector
    gives what is later than its begin, in the order in which it was written; of the rest, a search
    finds what the reader misses.
    """

    @initialize(in_flight=st.integers(1, 4), strict=st.booleans())
    def first_life(self, in_flight, strict):
        self.in_flight = in_flight
        self.strict = strict
        self.history: list[Event] = []
        self.newest = self.oldest = START
        self.next_key = 5
        self.clock = 0.0
        self.settled: set[tuple[int, dt.datetime]] = set()
        self.settled_when_saved: set[tuple[int, dt.datetime]] = set()
        first = Position(key=0, type="", time=START)
        self.saved = checkpoint.write(first, HERE, now=START)
        self.live(Begin(time=START))

    def live(self, begin):
        self.window = Window(in_flight=self.in_flight, strict=self.strict)
        self.window.recall(begin)
        self.place = Place.after(begin)
        self.open = set()
        self.admitted: list[Event] = []
        self.first_sent: list[Event] = []
        self.sending: list[Entry] = []
        self.connect()

    @rule()
    def connect(self):
        self.begun = self.place.begin
        self.page = [event for event in self.history if event.created >= self.begun]
        self.read(1000)

    @rule(
        events=st.lists(
            st.tuples(
                st.sampled_from([-3600, -60, -10, -5, 0, 1, 4, 11]),
                st.sampled_from(["", "vm-1", "vm-2", "host-1"]),
            ),
            min_size=1,
            max_size=5,
        ),
        count=st.sampled_from([0, 1, 1000, 1000]),
    )
    def happen_and_read(self, events, count):
        for seconds, lane in events:
            created = max(self.oldest, self.newest + seconds * SECOND)
            self.newest = max(self.newest, created)
            event = happened(self.next_key, created, lane)
            self.next_key += 1
            self.history.append(event)
            if created >= self.begun:
                self.page.append(event)
        self.read(count)

    def read(self, count):
        read, self.page = self.page[:count], self.page[count:]
        self.take(read)

    @precondition(lambda self: not self.page)
    @rule()
    def search(self):
        self.take(event for event in self.history if self.place.misses(event.key, event.created))
        missed = {identity(event) for event in self.history} - self.settled - self.open
        assert missed == set()

    def take(self, events):
        events = list(events)
        self.place.count(events)
        new = [event for event in events if not self.is_known(event)]
        for event in new:
            assert self.window.admit(event) is (identity(event) not in self.settled | self.open)
            self.admitted += [event] * (identity(event) not in self.settled | self.open)
            self.open.add(identity(event))
        self.place.advance(new)

    def is_known(self, event):
        known = self.place.knows(event)
        assert not known or identity(event) in self.settled | self.open
        return known

    @precondition(lambda self: len(self.window))
    @rule(data=st.data(), outcomes=st.lists(st.sampled_from([True, True, False]), max_size=5))
    def send(self, data, outcomes):
        """Send what is due, and let some of it arrive (or fail) in any order."""
        self.clock += 1
        due = self.window.take_due(self.clock)
        self.first_sent += [entry.event for entry in due if entry.attempts == 0]
        self.sending += due
        for arrives in outcomes[: len(self.sending)]:
            entry = self.sending.pop(data.draw(st.integers(0, len(self.sending) - 1)))
            if arrives:
                self.arrive(entry)
            else:
                self.window.postpone(entry, self.clock + 1)

    def arrive(self, entry):
        assert identity(entry.event) not in self.settled
        self.window.settle(entry)
        self.settled.add(identity(entry.event))

    def position(self):
        reached = self.window.position()
        if reached is None:
            return None
        passed_over = (*self.place.holes.spans, *reached.passed_over)
        return dataclasses.replace(reached, passed_over=passed_over)

    @rule()
    def save(self):
        position = self.position()
        if position is not None:
            self.saved = checkpoint.write(position, HERE, now=self.newest)
            self.settled_when_saved = set(self.settled)

    @precondition(settled_something)
    @rule()
    def stop_cleanly_and_start_again(self):
        while self.sending:
            self.arrive(self.sending.pop())
        self.save()
        self.live(self.begin(self.saved))

    @precondition(settled_something)
    @rule()
    def crash_and_start_again(self):
        self.settled = set(self.settled_when_saved)
        self.live(self.begin(self.saved))

    @precondition(settled_something)
    @rule(kept=st.integers(0, 20))
    def restore_vcenter(self, kept):
        """From a backup with its first events, or with none: what came after them is gone, and
        their keys come again.
        """
        self.history = self.history[:kept]
        self.next_key = self.history[-1].key + 1 if self.history else 5
        self.newest += 3 * OVERLAP
        self.oldest = self.newest
        self.connect()

    def begin(self, text):
        return checkpoint.begin(text, HERE, now=self.newest, max_age=EVER)

    @invariant()
    def a_start_from_here_would_lose_and_repeat_nothing(self):
        position = self.position()
        if position is None:
            return
        begin = self.begin(checkpoint.write(position, HERE, now=self.newest))
        assert begin.problem == ""
        place = Place.after(begin)
        sent = {
            identity(event)
            for event in self.history
            if (event.created >= begin.time or place.misses(event.key, event.created))
            and not begin.has_settled(*identity(event))
        }
        assert sent == {identity(event) for event in self.history} - self.settled

    @invariant()
    def sends_are_bounded_and_one_an_order_key(self):
        assert self.window.sending == len(self.sending) <= self.in_flight
        lanes = [self.lane(entry.event) for entry in self.sending]
        assert len(lanes) == len(set(lanes))

    @invariant()
    def first_sends_of_an_order_key_are_in_vcenters_order(self):
        for lane in map(self.lane, self.first_sent):
            first_sent = [event for event in self.first_sent if self.lane(event) == lane]
            admitted = [event for event in self.admitted if self.lane(event) == lane]
            assert first_sent == admitted[: len(first_sent)]

    @invariant()
    def the_oldest_is_the_first_that_is_not_settled(self):
        unsettled = [event for event in self.admitted if identity(event) not in self.settled]
        assert self.window.oldest == (unsettled[0].created if unsettled else None)

    def lane(self, event):
        return "" if self.strict else event.order_key


TestAdapter = Adapter.TestCase
TestAdapter.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)


def filled(*events, in_flight=32):
    filling = Window(in_flight=in_flight)
    for event in events:
        assert filling.admit(event)
    return filling


def keys(entries):
    return [entry.event.key for entry in entries]


def test_the_window_is_full_at_so_many_events(make_event):
    full = filled(*(make_event(key) for key in range(window.MOST_EVENTS)))

    assert not full.has_room
    assert len(full) == window.MOST_EVENTS


def test_the_window_is_full_at_so_many_bytes(make_event):
    body = b"x" * (window.MOST_BYTES // 4)
    full = filled(*(make_event(key, body=body) for key in range(3)))

    assert full.has_room
    full.admit(make_event(3, body=body))
    assert not full.has_room


def test_settled_events_behind_an_open_one_take_room(make_event):
    """Otherwise one event that no sink takes would let memory grow for ever."""
    full = filled(*(make_event(key, lane=f"vm-{key}") for key in range(window.MOST_EVENTS)))
    first, *others = full.take_due(0)
    for entry in others:
        full.settle(entry)

    assert not full.has_room
    full.settle(first)
    assert full.has_room


def test_what_was_settled_long_ago_is_forgotten(make_event):
    """A year of one event a second must not take a year's memory."""
    kept = filled()
    for second in range(100):
        kept.admit(make_event(2 * second, at=second))
        [entry] = kept.take_due(0)
        kept.settle(entry)

    position = kept.position()
    assert [run.first for run in position.acknowledged] == list(range(2 * 79, 200, 2))
    assert kept.admit(make_event(2 * 78, at=78))


def test_the_oldest_that_may_leave_leaves_first(make_event):
    filling = filled(
        make_event(1, lane="vm-1"),
        make_event(2, lane="vm-1"),
        make_event(3, lane="vm-2"),
        make_event(4, lane="vm-3"),
        in_flight=2,
    )
    first, second = filling.take_due(0)
    assert keys([first, second]) == [1, 3]

    filling.settle(first)
    assert keys(filling.take_due(0)) == [2]


def test_a_postponed_event_is_due_in_time_and_its_order_key_waits_with_it(make_event):
    filling = filled(make_event(1, lane="vm-1"), make_event(2, lane="vm-1"))
    [entry] = filling.take_due(0)
    assert filling.next_due() is None

    filling.postpone(entry, 5.0)

    assert filling.next_due() == 5.0
    assert filling.take_due(4.9) == []
    assert filling.take_due(5.0) == [entry]
    assert (entry.attempts, filling.sending) == (1, 1)


def test_nothing_settled_is_no_position(make_event):
    assert filled().position() is None
    assert filled(make_event(1)).position() is None


def test_a_late_event_holds_the_position_at_its_own_time(make_event):
    filling = filled(
        make_event(1, lane="vm-1", at=20), make_event(2, lane="vm-2", at=12), make_event(3, at=21)
    )
    settled, _late, also_settled = filling.take_due(0)
    filling.settle(settled)
    filling.settle(also_settled)

    assert filling.position() == Position(
        key=1,
        type="VmEvent",
        time=START + 12 * SECOND,
        acknowledged=(
            Run(1, 1, START + 20 * SECOND, START + 20 * SECOND),
            Run(3, 3, START + 21 * SECOND, START + 21 * SECOND),
        ),
        until=START + 20 * SECOND,
    )


def test_the_same_key_at_a_later_time_is_another_event(make_event):
    filling = filled(make_event(1, lane="vm-1"), make_event(2, lane="vm-2", at=1))

    assert filling.admit(make_event(1, lane="vm-3", at=60))
    assert not filling.admit(make_event(1, lane="vm-3", at=60))


@pytest.mark.parametrize(
    ("key", "at", "admitted"),
    [
        pytest.param(7, 5, False, id="settled by a former life"),
        pytest.param(7, 5.1, True, id="the same key, but later than all of those"),
        pytest.param(7, 0.9, True, id="the same key, but earlier than all of those"),
        pytest.param(9, 1, True, id="another key"),
    ],
)
def test_what_a_former_life_settled_is_not_sent_again(make_event, key, at, admitted):
    window = Window(in_flight=1)
    run = Run(5, 8, START + SECOND, START + 5 * SECOND)
    window.recall(Begin(time=START, acknowledged=(run,)))

    assert window.admit(make_event(key, at=at)) is admitted


def settle_all(window):
    for entry in window.take_due(0):
        window.settle(entry)


@pytest.mark.parametrize(
    ("times", "reached"),
    [
        pytest.param((120, 0), 120, id="not for an event that comes late"),
        pytest.param((120, *range(20)), 19, id="when vCenter's clock was set back"),
    ],
)
def test_the_position_goes_back(make_event, times, reached):
    window = Window(in_flight=99)
    for key, at in enumerate(times, 1):
        window.admit(make_event(key, at=at, lane=str(key)))
    settle_all(window)

    position = window.position()

    time = make_event(at=reached).created
    assert (position.key, position.time, position.until) == (len(times), time, time)


def test_an_event_that_was_passed_over_does_not_name_the_position(make_event):
    window = Window(in_flight=9)
    window.recall(Begin(time=START, since=START, key=7, type="VmEvent", until=START))
    window.admit(make_event(5, at=-3600, kind="LateEvent"))
    settle_all(window)

    assert window.position() == Position(
        key=7,
        type="VmEvent",
        time=START,
        until=START,
        acknowledged=(),
    )


def test_an_event_that_was_passed_over_and_is_not_settled_is_still_passed_over(make_event):
    filling = filled(make_event(7, at=20), make_event(5, lane="vm-2", at=-3600))
    filling.settle(filling.take_due(0)[0])

    position = filling.position()

    assert (position.key, position.time) == (7, make_event(at=-3600).created)
    assert position.passed_over == ((5, 5),)


def test_an_event_of_the_first_year_is_no_crash(make_event):
    window = Window(in_flight=1)
    window.admit(dataclasses.replace(make_event(), created=checkpoint.NEVER))
    settle_all(window)

    assert window.position().time == checkpoint.NEVER


def test_a_checkpoint_stays_small_enough_for_a_configmap(make_event):
    """Of an account that may not see every other event."""
    window = Window(in_flight=1)
    for number in range(12_000):
        window.admit(make_event(2 * number, at=number / 1000))
        settle_all(window)

    position = window.position()

    assert len(checkpoint.write(position, HERE, now=START)) < 2**19
    assert position.acknowledged[-1].last == 2 * 11_999


@pytest.fixture
def notice():
    """A notice that events of an hour before the start may be missing."""
    missing = Gap(
        start=START - 3600 * SECOND,
        end=START,
        cause=Cause.CHECKPOINT_TOO_OLD,
        message="The checkpoint is old.",
        mark=7,
    )
    return Encoder(source="s", api_version="8", encoding=XML, extensions={}).notice(missing)


def test_a_notice_holds_the_position_where_its_gap_begins_until_it_is_settled(make_event, notice):
    held = Window(in_flight=2)
    assert held.admit(notice)
    assert held.admit(make_event(8, at=5, lane="vm"))
    told, event = held.take_due(0.0)

    held.settle(event)
    before = held.position()
    held.settle(told)
    after = held.position()

    assert (before.time, before.key) == (notice.gap.start, 0)
    assert (after.time, after.key) == (START + 5 * SECOND, 8)


def test_a_settled_notice_settles_its_gap_but_is_no_event_of_vcenter(make_event, notice):
    held = Window(in_flight=1)
    held.admit(notice)
    held.settle(*held.take_due(0.0))

    position = held.position()

    assert (position.key, position.type, position.time) == (0, "", notice.gap.end)
    assert held.admit(make_event(7))


def test_a_needless_notice_is_not_sent_and_settled_with_what_is_before_it(make_event, notice):
    needless = dataclasses.replace(notice, needless=True, created=START)
    held = Window(in_flight=2)
    held.admit(make_event(7, lane="vm-1"))
    assert not held.admit(needless)
    held.admit(make_event(8, lane="vm-2"))
    first, second = held.take_due(0.0)
    assert [first.event.key, second.event.key] == [7, 8]

    held.settle(second)
    assert knows_again(held, needless) is False
    held.settle(first)
    assert knows_again(held, needless) is True


def knows_again(window, event):
    """Whether a later process knows an event, by the checkpoint of this one."""
    text = checkpoint.write(window.position(), HERE, now=START)
    begin = checkpoint.begin(text, HERE, now=START, max_age=EVER)
    return any(run.covers(event.key, event.created) for run in begin.acknowledged)


def test_a_needless_notice_with_nothing_open_before_it_is_saved_too(notice):
    held = Window(in_flight=1)

    needless = dataclasses.replace(notice, needless=True, created=START)

    held.admit(needless)

    assert len(held) == 0
    assert knows_again(held, needless)


def test_a_notice_of_something_earlier_does_not_set_the_position_back(make_event, notice):
    held = filled(make_event(7, at=5, lane="vm"), notice)
    for entry in held.take_due(0.0):
        held.settle(entry)

    assert held.position().time == START + 5 * SECOND
