"""Delivery, against sinks that answer by the script and a clock that moves only by waiting."""

import base64
import threading
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from adapter.sending import policy as policy_module
from adapter.sending import window as window_module
from adapter.sending.delivery import STOP_SECONDS, TURN_SECONDS, Delivery
from adapter.sending.dispatch import Dispatch
from adapter.sending.outcome import Answer
from adapter.sending.window import Window
from adapter.telemetry.monitor import Monitor
from adapter.telemetry.report import EventTypes, Refusal, Report

OK = Answer(status=200, seconds=0.25)
BUSY = Answer(status=503)
GONE = Answer(error="Empty reply from server")
UNWRITTEN = Answer(error="Could not connect to server", written=False)
LATER = Answer(error="Could not connect to server", written=False, retry_after=60.0)
HANGING = None

DEAD_LETTERS = {"deadLetterSink": {"uri": "http://dead.example.com"}}


class Transfers:
    """What is in flight to all sinks, with the time of day."""

    def __init__(self):
        self.now = 0.0
        self.waits = []
        self.flying = []
        self.woken = threading.Event()

    def poll(self, seconds):
        ended = []
        for sink, entry in list(self.flying):
            answers = sink.script[entry.event.key]
            answer = answers.pop(0) if answers else OK
            if answer is HANGING:
                answers.append(HANGING)
            else:
                self.flying.remove((sink, entry))
                ended.append((entry, answer))
                sink.taken += [entry] if answer is OK else []
        if not ended:
            self.waits.append(seconds)
            self.now += seconds
        return ended

    def wake(self):
        self.woken.set()


class ScriptedSink:
    """Answers each event by its list of answers, then with success; HANGING never answers."""

    url = "http://sink.example.com"

    def __init__(self, transfers, script):
        self.script = defaultdict(list, {key: list(answers) for key, answers in script.items()})
        self.transfers = transfers
        self.sent, self.messages, self.taken = [], [], []

    def send(self, entry, message):
        self.sent.append((round(self.transfers.now, 6), entry.event.key))
        self.messages.append(message)
        self.transfers.flying.append((self, entry))

    @property
    def keys(self):
        return [key for _, key in self.sent]


class Run:
    """One delivery of *events*, which stops when they are settled or *until* says so."""

    def __init__(self, events, script, *, dead=(), at_most_once=False, until=None, **given):
        policy = policy_module.parse(given)
        self.transfers = Transfers()
        self.sink = ScriptedSink(self.transfers, script)
        self.dead_letter_sink = ScriptedSink(self.transfers, dict(dead))
        self.window = Window(in_flight=policy.in_flight, strict=policy.strict)
        self.monitor = Monitor(clock=lambda: self.transfers.now)
        self.event_types = EventTypes(source="https://vc/sdk")
        self.stopped = threading.Event()
        self.turns = 0
        dispatch = Dispatch(
            transfers=self.transfers,
            sink=self.sink,
            dead_letter_sink=self.dead_letter_sink if policy.dead_letter_sink else None,
            policy=policy,
            at_most_once=at_most_once,
            window=self.window,
            monitor=self.monitor,
            event_types=self.event_types,
            clock=lambda: self.transfers.now,
            jitter=lambda: 0.0,
        )
        self.delivery = Delivery(
            dispatch=dispatch, stopped=self.stopped, clock=lambda: self.transfers.now
        )
        self.until = until or (lambda _: not self.window and not self.offering.is_alive())
        self.handed_over = None
        self.offering = threading.Thread(target=self._offer, args=(events,))
        self.offering.start()
        self.transfers.woken.wait()
        try:
            self.delivery.run(self.every_turn)
        finally:
            self.stopped.set()
            self.delivery.drain()
            self.offering.join()

    def _offer(self, events):
        self.handed_over = self.delivery.offer(events)

    def every_turn(self):
        self.turns += 1
        if self.until(self):
            self.stopped.set()

    @property
    def keys(self):
        return self.sink.keys

    @property
    def taken(self):
        both = (*self.sink.taken, *self.dead_letter_sink.taken)
        return [entry.event.key for entry in both]

    def settled(self, outcome):
        return self.measured("events_settled_total", outcome=outcome)

    def measured(self, name, **labels):
        families = text_string_to_metric_families(self.monitor.metrics.text())
        samples = [sample for family in families for sample in family.samples]
        found = {(sample.name, *sample.labels.items()): sample.value for sample in samples}
        return found[f"vsphere_source_{name}", *labels.items()]


def test_events_arrive_in_order_and_once(make_event):
    run = Run([make_event(key) for key in range(50)], {})

    assert run.keys == list(range(50))
    assert run.window.position().key == 49
    assert run.settled("delivered") == 50
    assert run.measured("send_duration_seconds_sum") == 50 * OK.seconds


def test_an_event_that_is_read_again_is_skipped(make_event):
    run = Run([make_event(1), make_event(2), make_event(1)], {})

    assert run.keys == [1, 2]
    assert run.measured("events_skipped_total") == 1


def test_each_turn_tells_what_is_on_hand(make_event):
    events = [make_event(key, lane="vm-1") for key in (1, 2)]
    run = Run(events, {1: [HANGING]}, until=lambda run: run.turns == 1)

    assert (run.measured("events_unsettled"), run.measured("events_in_flight")) == (2, 1)
    assert run.monitor.metrics.oldest == events[0].created


def test_events_of_different_objects_fly_together(make_event):
    run = Run([make_event(key, lane=f"vm-{key}") for key in range(5)], {0: [BUSY]}, inFlight=3)

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
    assert run.measured("send_failures_total") == 5


def test_a_sink_that_fails_on_and_off_is_told_once(make_event, caplog):
    caplog.set_level("INFO", logger="adapter")
    events = [make_event(key, lane=f"vm-{key}") for key in range(9)]
    Run(events, {key: [BUSY, BUSY] for key in range(0, 9, 3)}, inFlight=1)

    assert [record.message for record in caplog.records] == [
        "The sink did not take event 0 (VmEvent): status 503, next attempt in 0.2 s.",
    ]


@pytest.mark.parametrize(
    ("sink", "dead", "settings", "told"),
    [
        pytest.param([LATER, BUSY], [], {"at_most_once": True}, "The sink does", id="given up"),
        pytest.param(
            [LATER, BUSY], [], DEAD_LETTERS | {"retry": 1}, "The sink does", id="passed on"
        ),
        pytest.param(
            [BUSY],
            [LATER, BUSY],
            DEAD_LETTERS | {"at_most_once": True},
            "The dead-letter sink does",
            id="given up by the dead-letter sink",
        ),
        pytest.param([LATER, Answer(status=400)], [], {}, "Reading.", id="refused"),
        pytest.param(
            [LATER, Answer(status=400)], [], DEAD_LETTERS, "Reading.", id="refused, passed on"
        ),
        pytest.param([LATER, OK], [], {}, "Reading.", id="delivered"),
    ],
)
def test_a_sink_that_fails_for_a_minute_is_told_whatever_becomes_of_the_events(
    make_event, sink, dead, settings, told
):
    run = Run([make_event(1)], {1: sink}, dead={1: dead}, **settings)
    run.monitor.flowing("Reading.")

    assert run.monitor.report.message.startswith(told)


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


def test_what_a_sink_may_ask_for_is_a_setting(make_event):
    script = {1: [Answer(status=503, retry_after=9.0), Answer(status=503, retry_after=1.0)]}

    assert Run([make_event(1)], script, retryAfterMax="PT0S").sink.sent == [
        (0.0, 1),
        (0.2, 1),
        (0.6, 1),
    ]
    assert Run([make_event(1)], script, retryAfterMax="PT2S").sink.sent == [
        (0.0, 1),
        (2.0, 1),
        (3.0, 1),
    ]


def test_how_the_waits_grow_is_a_setting(make_event):
    run = Run([make_event(1)], {1: [BUSY] * 4}, backoffPolicy="linear", backoffDelay="PT1S")

    assert run.sink.sent == [(0.0, 1), (1.0, 1), (3.0, 1), (6.0, 1), (10.0, 1)]


def test_a_strict_order_holds_all_events_behind_the_one_that_fails(make_event):
    events = [make_event(key, lane=f"vm-{key}") for key in (1, 2, 3)]
    run = Run(events, {1: [BUSY]}, ordering="strict")

    assert run.sink.sent == [(0.0, 1), (0.2, 1), (0.2, 2), (0.2, 3)]


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
    run = Run(events, {}, inFlight=1, until=lambda run: len(run.sink.sent) == 1)

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

    assert run.transfers.now == pytest.approx(TURN_SECONDS + STOP_SECONDS, abs=0.2)
    assert run.window.position() is None
    assert run.handed_over == 1


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
    assert run.handed_over == window_module.MOST_EVENTS


def test_a_turn_takes_a_second_at_most(make_event):
    """So that the checkpoint, the probes and a stop are looked after."""
    run = Run([make_event(1)], {1: [Answer(status=503, retry_after=60)]})

    assert run.sink.sent == [(0.0, 1), (60.0, 1)]
    assert max(run.transfers.waits) <= TURN_SECONDS
    assert run.turns >= 60


def test_a_refused_event_goes_to_the_dead_letter_sink_at_once(make_event):
    refusal = Answer(status=422, body=b"no such field")
    events = [make_event(1), make_event(2)]
    run = Run(events, {1: [refusal]}, **DEAD_LETTERS)

    assert run.keys == [1, 2]
    assert run.window.position().key == 2
    assert run.dead_letter_sink.sent == [(0.0, 1)]
    [message] = run.dead_letter_sink.messages
    assert message.body == events[0].body
    assert message.headers == (
        *events[0].headers,
        "ce-knativeerrordest: http://sink.example.com",
        "ce-knativeerrorcode: 422",
        f"ce-knativeerrordata: {base64.b64encode(b'no such field').decode()}",
    )
    assert (run.settled("dead_lettered"), run.settled("refused")) == (1, 0)
    assert run.monitor.report.last_dead_lettered == Refusal(id="1", type="VmEvent", code=422)


def test_what_fails_is_held_without_end_although_there_is_a_dead_letter_sink(make_event):
    run = Run([make_event(1)], {1: [BUSY] * 50}, **DEAD_LETTERS)

    assert (len(run.keys), run.dead_letter_sink.keys) == (51, [])


@pytest.mark.parametrize("retry", [0, 1, 3])
def test_after_so_many_retries_an_event_goes_to_the_dead_letter_sink(make_event, retry):
    run = Run([make_event(1)], {1: [BUSY] * 9}, retry=retry, **DEAD_LETTERS)

    assert (run.keys, run.dead_letter_sink.keys) == ([1] * (1 + retry), [1])


def test_retries_that_have_an_end_follow_the_policy_alone(make_event):
    """Endless ones come every 30 s at least."""
    run = Run([make_event(1)], {1: [BUSY] * 9}, retry=4, backoffDelay="PT20S", **DEAD_LETTERS)

    assert run.sink.sent == [(0.0, 1), (20.0, 1), (60.0, 1), (140.0, 1), (300.0, 1)]


def test_the_dead_letter_sink_gets_the_last_answer_of_the_sink(make_event):
    run = Run([make_event(1)], {1: [BUSY, GONE]}, retry=1, **DEAD_LETTERS)

    [message] = run.dead_letter_sink.messages
    assert message.headers[-2:] == (
        "ce-knativeerrorcode: 500",
        "ce-knativeerrordata: "
        + base64.b64encode(b"dispatch error: Empty reply from server").decode(),
    )


def test_the_dead_letter_sink_is_retried_without_end_and_may_refuse_nothing(make_event):
    answers = [Answer(status=400), BUSY, GONE, UNWRITTEN, *[Answer(status=413)] * 6]
    run = Run([make_event(1)], {1: [BUSY] * 3}, dead={1: answers}, retry=2, **DEAD_LETTERS)

    assert run.sink.sent == [(0.0, 1), (0.2, 1), (0.6, 1)]
    assert [round(second - 0.6, 6) for second, _ in run.dead_letter_sink.sent] == [
        *(0, 0.2, 0.6, 1.4, 3.0, 6.2, 12.6, 25.4, 51.0, 81.0, 111.0)
    ]
    assert len({message.headers for message in run.dead_letter_sink.messages}) == 1
    assert run.measured("dead_letter_failures_total") == 10


def test_the_order_key_waits_for_the_dead_letter_sink_and_others_do_not(make_event):
    events = [make_event(1, lane="vm-1"), make_event(2, lane="vm-1"), make_event(3, lane="vm-2")]
    script = {1: [Answer(status=400)]}
    run = Run(events, script, dead={1: [BUSY, BUSY]}, **DEAD_LETTERS)

    assert run.sink.sent == [(0.0, 1), (0.0, 3), (0.6, 2)]


def test_the_position_waits_for_the_dead_letter_sink(make_event):
    script = {1: [Answer(status=400)]}
    run = Run(
        [make_event(1)],
        script,
        dead={1: [BUSY] * 99},
        until=lambda run: len(run.dead_letter_sink.sent) == 5,
        **DEAD_LETTERS,
    )

    assert run.window.position() is None


def test_both_sinks_share_what_may_be_in_flight(make_event):
    events = [make_event(key, lane=f"vm-{key}") for key in (1, 2, 3)]
    run = Run(
        events,
        {1: [Answer(status=400)]},
        dead={1: [HANGING]},
        inFlight=1,
        until=lambda run: run.turns == 4,
        **DEAD_LETTERS,
    )

    assert (run.keys, run.dead_letter_sink.keys) == ([1], [1])


def test_the_type_of_a_dead_letter_is_not_noted(make_event):
    run = Run([make_event(1)], {1: [Answer(status=400)]}, **DEAD_LETTERS)

    assert run.event_types.added_to(Report()).event_types == ()


@pytest.mark.parametrize(
    ("answers", "dead", "sent"),
    [
        pytest.param([BUSY], [], ([1], [1]), id="each sink is asked once"),
        pytest.param([Answer(status=400)], [BUSY], ([1], [1]), id="and so lost where both fail"),
        pytest.param([GONE], [UNWRITTEN, OK], ([1], [1, 1]), id="what was not sent is not lost"),
        pytest.param([UNWRITTEN] * 3, [], ([1, 1, 1, 1], []), id="without end"),
    ],
)
def test_without_replay_each_sink_sees_an_event_once(make_event, answers, dead, sent):
    run = Run([make_event(1)], {1: answers}, dead={1: dead}, at_most_once=True, **DEAD_LETTERS)

    assert (run.keys, run.dead_letter_sink.keys) == sent
    assert run.settled("given_up") == (dead == [BUSY])


def test_without_replay_what_could_not_be_sent_goes_to_the_dead_letter_sink_in_the_end(make_event):
    run = Run([make_event(1)], {1: [UNWRITTEN] * 9}, at_most_once=True, retry=2, **DEAD_LETTERS)

    assert (run.keys, run.dead_letter_sink.keys) == ([1, 1, 1], [1])


def test_without_replay_what_is_left_at_the_end_is_given_up_and_told(make_event, caplog):
    """Be it in flight, or in the window, or before it; what was known already is nothing new."""
    most = window_module.MOST_EVENTS
    events = [make_event(key, lane="vm-1") for key in (*range(most + 1), 1)]
    run = Run(events, {0: [HANGING]}, until=lambda run: run.turns == 2, at_most_once=True)

    run.delivery.give_up()

    assert run.settled("given_up") == most + 1
    assert caplog.messages == [
        f"The adapter ends: {most + 1} events that no sink has taken are given up."
    ]


@pytest.mark.parametrize(
    ("answers", "at_most_once"),
    [
        pytest.param([OK], True, id="when nothing is left"),
        pytest.param([HANGING], False, id="when it comes again later"),
    ],
)
def test_at_the_end_nothing_is_given_up(make_event, caplog, answers, at_most_once):
    until = lambda run: run.turns == 3  # noqa: E731  a setting of the run
    run = Run([make_event(1)], {1: answers}, until=until, at_most_once=at_most_once)

    run.delivery.give_up()

    assert (run.settled("given_up"), caplog.messages) == (0, [])


ANSWERS = st.lists(
    st.sampled_from([OK, BUSY, GONE, UNWRITTEN, Answer(status=400), Answer(status=302)]), max_size=6
)


RUNS = st.fixed_dictionaries(
    {
        "script": st.dictionaries(st.integers(0, 7), ANSWERS),
        "dead": st.dictionaries(st.integers(0, 7), ANSWERS),
        "inFlight": st.integers(1, 4),
        "ordering": st.sampled_from(["object", "strict"]),
    }
)


@given(
    lanes=st.lists(st.sampled_from(["vm-1", "vm-2", ""]), min_size=1, max_size=8),
    retry=st.sampled_from([{}, {"retry": 0}, {"retry": 2}]),
    run=RUNS,
)
def test_each_event_has_one_end_in_the_order_of_its_key_with_a_dead_letter_sink(
    make_event, lanes, retry, run
):
    events = [make_event(key, lane=lane) for key, lane in enumerate(lanes)]
    strict = run["ordering"] == "strict"

    def done(run):
        """At every turn, a checkpoint claims no event that neither sink has taken."""
        position = run.window.position()
        for event in events:
            claimed = position and any(
                settled.covers(event.key, event.created) for settled in position.acknowledged
            )
            assert event.key in run.taken or not claimed
        return not run.window and not run.offering.is_alive()

    run = Run(events, until=done, **run, **retry, **DEAD_LETTERS)

    assert run.window.position().key == len(events) - 1
    for lane in {""} if strict else set(lanes):
        own = [key for key in range(len(lanes)) if strict or lanes[key] == lane]
        assert list(dict.fromkeys(key for key in run.keys if key in own)) == own
    assert sorted(run.taken) == list(range(len(events)))
