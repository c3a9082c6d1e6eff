"""Delivery, against a sink that answers by the script and a clock that moves only by waiting."""

import threading
from collections import defaultdict

import pytest

from adapter import window as window_module
from adapter.delivery import STOP_SECONDS, TURN_SECONDS, Delivery
from adapter.monitor import Monitor
from adapter.outcome import Answer
from adapter.report import EventTypes, Refusal, Report
from adapter.window import Window

OK = Answer(status=200)
BUSY = Answer(status=503)
GONE = Answer(error="Empty reply from server")
UNWRITTEN = Answer(error="Could not connect to server", written=False)
HANGING = None


class ScriptedSink:
    """Answers each event by its list of answers, then with success; HANGING never answers."""

    def __init__(self, script):
        self.script = defaultdict(list, {key: list(answers) for key, answers in script.items()})
        self.now = 0.0
        self.sent = []
        self.waits = []
        self.flying = []
        self.woken = threading.Event()

    def send(self, entry):
        self.sent.append((round(self.now, 6), entry.event.key))
        self.flying.append(entry)

    def poll(self, seconds):
        ended = []
        for entry in list(self.flying):
            answers = self.script[entry.event.key]
            answer = answers.pop(0) if answers else OK
            if answer is HANGING:
                answers.append(HANGING)
            else:
                self.flying.remove(entry)
                ended.append((entry, answer))
        if not ended:
            self.waits.append(seconds)
            self.now += seconds
        return ended

    def wake(self):
        self.woken.set()


class Run:
    """One delivery of *events*, which stops when they are settled or *until* says so."""

    def __init__(self, events, script, *, at_most_once=False, in_flight=32, until=None):
        self.sink = ScriptedSink(script)
        self.window = Window(in_flight=in_flight)
        self.monitor = Monitor()
        self.event_types = EventTypes(source="https://vc/sdk")
        self.stopped = threading.Event()
        self.turns = 0
        self.delivery = Delivery(
            sink=self.sink,
            window=self.window,
            monitor=self.monitor,
            event_types=self.event_types,
            at_most_once=at_most_once,
            stopped=self.stopped,
            clock=lambda: self.sink.now,
            jitter=lambda: 0.0,
        )
        self.until = until or (lambda _: not self.window and not self.offering.is_alive())
        self.offering = threading.Thread(target=self.delivery.offer, args=(events,))
        self.offering.start()
        self.sink.woken.wait()
        try:
            self.delivery.run(self.every_turn)
        finally:
            self.stopped.set()
            self.delivery.drain()
            self.offering.join()

    def every_turn(self):
        self.turns += 1
        if self.until(self):
            self.stopped.set()

    @property
    def keys(self):
        return [key for _, key in self.sink.sent]

    def settled(self, outcome):
        return self.monitor.registry.get_sample_value(
            "vsphere_source_events_settled_total", {"outcome": outcome}
        )


def test_events_arrive_in_order_and_once(make_event):
    run = Run([make_event(key) for key in range(50)], {})

    assert run.keys == list(range(50))
    assert run.window.position().key == 49
    assert run.settled("delivered") == 50


def test_events_of_different_objects_fly_together(make_event):
    run = Run([make_event(key, lane=f"vm-{key}") for key in range(5)], {0: [BUSY]}, in_flight=3)

    assert run.sink.sent == [(0.0, 0), (0.0, 1), (0.0, 2), (0.0, 3), (0.0, 4), (0.2, 0)]


def test_a_send_that_fails_is_repeated_ever_more_rarely_and_holds_its_object(make_event):
    events = [make_event(1, lane="vm-1"), make_event(2, lane="vm-1"), make_event(3, lane="vm-2")]
    run = Run(events, {1: [BUSY, GONE, UNWRITTEN, Answer(status=404), Answer(status=302)]})

    assert run.sink.sent == [
        (0.0, 1),
        (0.0, 3),
        (0.2, 1),
        (0.6, 1),
        (1.4, 1),
        (3.0, 1),
        (6.2, 1),
        (6.2, 2),
    ]
    assert run.settled("delivered") == 3
    assert run.monitor.registry.get_sample_value("vsphere_source_send_failures_total") == 5


@pytest.mark.parametrize(
    ("retry_after", "second"),
    [
        pytest.param(0.1, 0.2, id="less than our own wait"),
        pytest.param(17.0, 17.0, id="what the sink asks for"),
        pytest.param(86400.0, 300.0, id="five minutes at most"),
    ],
)
def test_a_sink_may_ask_for_patience(make_event, retry_after, second):
    run = Run([make_event(1)], {1: [Answer(status=429, retry_after=retry_after)]})

    assert run.sink.sent == [(0.0, 1), (pytest.approx(second), 1)]


def test_a_refused_event_is_recorded_and_holds_nothing(make_event):
    run = Run([make_event(1), make_event(2)], {1: [Answer(status=422)]})

    assert run.keys == [1, 2]
    assert run.window.position().key == 2
    assert (run.settled("refused"), run.settled("delivered")) == (1, 1)
    assert run.monitor.report.last_refused == Refusal(id="1", type="VmEvent", code=422)


def test_the_types_of_events_that_arrived_are_noted_and_no_others(make_event):
    kinds = {1: "VmPoweredOnEvent", 2: "Refused", 3: "Retried", 4: "VmPoweredOnEvent"}
    events = [make_event(key, kind=kind) for key, kind in kinds.items()]
    run = Run(events, {2: [Answer(status=400)], 3: [BUSY]})

    assert run.event_types.added_to(Report()).event_types == (
        "com.vmware.vsphere.Retried.v0",
        "com.vmware.vsphere.VmPoweredOnEvent.v0",
    )


def test_the_type_of_an_event_that_is_held_is_not_noted(make_event):
    run = Run([make_event(1)], {1: [BUSY]}, until=lambda run: run.turns == 1)

    assert run.event_types.added_to(Report()).event_types == ()


def test_without_replay_each_event_is_tried_once_unless_it_was_never_written(make_event):
    script = {1: [BUSY], 2: [GONE], 3: [UNWRITTEN, UNWRITTEN]}
    run = Run([make_event(key) for key in (1, 2, 3, 4)], script, at_most_once=True)

    assert run.keys == [1, 2, 3, 3, 3, 4]
    assert (run.settled("given_up"), run.settled("delivered")) == (2, 2)


def test_a_stop_sends_nothing_new_and_finishes_what_is_in_flight(make_event):
    events = [make_event(1, lane="vm-1"), make_event(2, lane="vm-1"), make_event(3, lane="vm-2")]
    run = Run(events, {}, in_flight=1, until=lambda run: len(run.sink.sent) == 1)

    assert run.keys == [1]
    assert run.window.position().key == 1


def test_what_fails_during_a_stop_is_not_sent_again_and_stays_open(make_event):
    def stop_and_fail(run):
        run.sink.script[1] = [BUSY]
        return True

    run = Run([make_event(1), make_event(2)], {1: [HANGING]}, until=stop_and_fail)

    assert run.keys == [1]
    assert run.window.position() is None


def test_a_stop_does_not_wait_for_ever(make_event):
    run = Run([make_event(1)], {1: [HANGING]}, until=lambda _: True)

    assert run.sink.now == pytest.approx(TURN_SECONDS + STOP_SECONDS, abs=0.2)
    assert run.window.position() is None


def test_whoever_offers_waits_until_the_window_has_room(make_event):
    """That is the back-pressure: nothing is read from vCenter meanwhile."""
    events = [make_event(key, lane=f"vm-{key}") for key in range(window_module.MOST_EVENTS + 1)]
    waiting = []

    def third_turn(run):
        waiting.append(run.offering.is_alive())
        return run.turns == 3

    run = Run(events, {key: [HANGING] for key in range(32)}, until=third_turn)

    assert waiting == [True, True, True]
    assert len(run.window) == window_module.MOST_EVENTS
    assert not run.offering.is_alive()


def test_a_turn_takes_a_second_at_most(make_event):
    """So that the checkpoint, the probes and a stop are looked after."""
    run = Run([make_event(1)], {1: [Answer(status=503, retry_after=60)]})

    assert run.sink.sent == [(0.0, 1), (60.0, 1)]
    assert max(run.sink.waits) <= TURN_SECONDS
    assert run.turns >= 60
