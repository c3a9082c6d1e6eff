"""When the checkpoint is saved."""

import datetime as dt
import json
import queue
import threading

import pytest

from adapter.checkpoints import checkpoint
from adapter.checkpoints.checkpoint import Begin, Position, VCenter
from adapter.checkpoints.saver import Saver
from adapter.checkpoints.settled import Run
from adapter.checkpoints.store import EditedError, StoreError
from adapter.telemetry.monitor import Monitor

HERE = VCenter(url="https://vc.example/sdk", instance_uuid="uuid-1")


class ListStore:
    """Keeps what is saved; does first what *before* says, which may wait or raise."""

    def __init__(self):
        self.before = lambda: None
        self.saved = []
        self.attempts = queue.Queue()

    def load(self):
        return self.saved[-1] if self.saved else None

    def save(self, text):
        try:
            self.before()
            self.saved.append(text)
        finally:
            self.attempts.put(text)

    @property
    def keys(self):
        return [json.loads(text)["lastEventKey"] for text in self.saved]


class World:
    """A saver with a period of ten seconds, its clock, and a position that moves by hand."""

    def __init__(self, noon):
        self.settled_at = noon
        self.now = 100.0
        self.position = None
        self.store = ListStore()
        self.monitor = Monitor()
        self.saver = Saver(
            store=self.store,
            monitor=self.monitor,
            period=dt.timedelta(seconds=10),
            position=lambda: self.position,
            clock=lambda: self.now,
            now=lambda: noon,
        )
        self.saver.begin(HERE, Begin(time=noon), "what is stored")

    def settle(self, key):
        self.position = Position(key=key, type="VmEvent", time=self.settled_at)

    def tick(self):
        """Tick, and let the saving thread finish what it began."""
        self.saver.tick()
        saving = self.saver._saving  # noqa: SLF001  nothing else tells when it is done
        if saving is not None:
            saving.exception(10)


@pytest.fixture
def world(noon):
    world = World(noon)
    yield world
    world.saver._thread.shutdown()  # noqa: SLF001  `close` would save


def test_what_is_saved_is_a_checkpoint(world):
    world.settle(7)
    world.tick()

    assert [json.loads(text) for text in world.store.saved] == [
        {
            "vCenter": "https://vc.example/sdk",
            "lastEventKey": 7,
            "lastEventType": "VmEvent",
            "lastEventKeyTimestamp": "2026-11-22T12:00:00Z",
            "createdTimestamp": "2026-11-22T12:00:00Z",
            "instanceUuid": "uuid-1",
        }
    ]


def test_nothing_is_saved_before_anything_is_settled(world):
    world.tick()
    world.saver.close()

    assert world.store.saved == []


def test_a_position_that_moves_is_saved_once_a_period(world):
    for key in range(41):
        world.settle(key)
        world.tick()
        world.now += 1

    assert world.store.keys == [0, 10, 20, 30, 40]


def test_a_position_that_stays_is_not_saved_again(world):
    world.settle(7)
    for _ in range(5):
        world.tick()
        world.now += 10
    world.saver.close()

    assert world.store.keys == [7]


def test_the_end_saves_what_has_moved_since(world):
    world.settle(7)
    world.tick()
    world.settle(8)
    world.tick()
    world.saver.close()

    assert world.store.keys == [7, 8]


def test_delivery_does_not_wait_for_a_slow_store(world):
    released = threading.Event()
    world.store.before = lambda: released.wait(10)
    world.settle(7)
    world.saver.tick()
    world.settle(8)
    world.now += 10
    world.saver.tick()

    assert world.store.keys == []
    released.set()
    world.saver.close()
    assert world.store.keys == [7, 8]


def test_a_store_that_fails_is_tried_again_each_period_and_complained_of_once(world, caplog):
    def fail():
        raise StoreError("The disk is full.")

    world.store.before = fail
    world.settle(7)
    for _ in range(3):
        world.tick()
        world.now += 10
    world.store.before = lambda: None
    world.tick()

    assert world.store.attempts.qsize() == 4
    assert world.store.keys == [7]
    assert caplog.messages == ["The disk is full."]


def test_a_store_that_fails_at_the_end_does_not_keep_the_process(world, caplog):
    def fail():
        raise StoreError("The disk is full.")

    world.store.before = fail
    world.settle(7)
    world.saver.close()

    assert caplog.messages == ["The disk is full."]


def test_a_checkpoint_moved_by_another_hand_is_reported_by_the_next_tick(world):
    def edited():
        raise EditedError("Somebody else wrote it")

    world.store.before = edited
    world.settle(7)
    world.tick()

    with pytest.raises(EditedError):
        world.saver.tick()


def test_a_checkpoint_moved_by_another_hand_is_reported_at_the_end(world):
    def edited():
        raise EditedError("Somebody else wrote it")

    world.store.before = edited
    world.settle(7)

    with pytest.raises(EditedError):
        world.saver.close()


class EditedStore(ListStore):
    """Another hand has written it; who has not read that cannot write."""

    edited = True

    def load(self):
        self.edited = False
        return super().load()

    def save(self, text):
        if self.edited:
            raise EditedError("Somebody else wrote it")
        super().save(text)


def test_without_replay_another_hand_is_written_over(world, caplog):
    world.store = world.saver.store = EditedStore()
    world.saver.replay = False
    world.settle(7)
    for _ in range(2):
        world.tick()
        world.now += 10

    assert world.store.keys == [7]
    assert caplog.messages == ["Somebody else wrote it. The next save writes over it."]


def test_without_replay_nobody_minds_what_another_hand_wrote(world):
    world.saver.replay = False
    world.settle(7)
    world.tick()
    world.store.saved[-1] = "edited"
    world.now += 60
    world.tick()
    world.settle(8)
    world.saver.close()

    before, after = world.store.saved
    assert (before, json.loads(after)["lastEventKey"]) == ("edited", 8)


@pytest.mark.parametrize(
    ("happens", "position"),
    [
        pytest.param(lambda _: None, "begin", id="found at the begin"),
        pytest.param(lambda world: world.settle(7), "moved", id="saved since"),
    ],
)
def test_the_stored_position_is_measured(world, noon, happens, position):
    world.settled_at = noon + dt.timedelta(hours=1)
    happens(world)
    world.tick()

    positions = {"begin": noon, "moved": world.settled_at}
    assert world.monitor.metrics.position == positions[position]


def test_a_store_that_fails_does_not_move_the_measured_position(world, noon):
    def fail():
        raise StoreError("The disk is full.")

    world.store.before = fail
    world.settled_at = noon + dt.timedelta(hours=1)
    world.settle(7)
    world.tick()

    assert world.monitor.metrics.position == noon


@pytest.fixture
def fresh(world, noon):
    """A world whose reading has not begun."""
    fresh = Saver(
        store=world.store,
        monitor=world.monitor,
        period=dt.timedelta(seconds=10),
        position=lambda: world.position,
        clock=lambda: world.now,
        now=lambda: noon,
    )
    world.saver._thread.shutdown()  # noqa: SLF001  it has begun already
    world.saver = fresh
    return world


def test_before_reading_has_begun_nothing_is_saved(fresh):
    fresh.settle(7)
    fresh.tick()
    fresh.saver.close()

    assert fresh.store.keys == []


def test_where_reading_begins_is_saved_before_it_does(fresh, noon):
    fresh.saver.begin(HERE, Begin(time=noon), None)

    assert fresh.store.keys == [0]
    fresh.tick()
    assert fresh.store.keys == [0]


def test_where_a_checkpoint_was_there_is_nothing_to_save_at_the_begin(world):
    world.tick()

    assert world.store.keys == []


def test_a_begin_that_could_not_be_saved_is_saved_later_though_nothing_was_settled(
    fresh, noon, caplog
):
    def fail():
        raise StoreError("The disk is full.")

    fresh.store.before = fail
    fresh.saver.begin(HERE, Begin(time=noon), None)
    fresh.store.before = lambda: None
    fresh.tick()

    assert fresh.store.keys == [0]
    assert caplog.messages == ["The disk is full."]


@pytest.mark.parametrize(
    "settled", [pytest.param(7, id="after a save"), pytest.param(None, id="before any")]
)
def test_a_checkpoint_that_was_deleted_is_written_again_within_a_minute(world, settled):
    if settled is not None:
        world.settle(settled)
        world.tick()
    world.store.saved.clear()
    world.now += 59
    world.tick()
    before = list(world.store.keys)

    world.now += 1
    world.tick()

    assert (before, world.store.keys) == ([], [settled or 0])


def test_a_deleted_checkpoint_is_written_again_with_all_that_it_said(fresh, noon):
    position = Position(
        key=7,
        type="VmEvent",
        time=noon,
        until=noon,
        acknowledged=(Run(7, 7, noon, noon),),
        passed_over=((5, 6),),
    )
    stored = checkpoint.write(position, HERE, now=noon)
    begin = checkpoint.begin(stored, HERE, now=noon, max_age=dt.timedelta(hours=1))
    fresh.saver.begin(HERE, begin, stored)

    fresh.now += 60
    fresh.tick()

    assert fresh.store.saved == [stored]


def test_an_edit_is_noticed_within_a_minute_though_nothing_moves(world):
    world.settle(7)
    world.tick()
    world.store.saved[-1] = "edited"
    world.now += 60
    world.tick()

    with pytest.raises(EditedError, match="Somebody else wrote the checkpoint"):
        world.saver.tick()


def test_a_checkpoint_that_is_as_it_was_is_left_alone(world):
    world.settle(7)
    for _ in range(10):
        world.tick()
        world.now += 60

    assert world.store.keys == [7]


def test_a_store_that_cannot_be_read_is_looked_at_again_later(world):
    def unreadable():
        raise StoreError("Down.")

    world.settle(7)
    world.tick()
    readable, world.store.load = world.store.load, unreadable
    world.now += 60
    world.tick()
    world.store.load = readable
    world.store.saved.clear()
    world.now += 60
    world.tick()

    assert world.store.keys == [7]


def test_a_stop_before_reading_has_begun_does_not_keep_the_begin_from_being_saved(fresh, noon):
    fresh.saver.close()
    fresh.saver.begin(HERE, Begin(time=noon), None)

    assert fresh.store.keys == [0]


def test_an_edit_that_was_noticed_is_not_written_over_at_the_end(world):
    world.settle(7)
    world.tick()
    world.store.saved[-1] = "edited"
    world.now += 60
    world.tick()
    world.settle(8)

    with pytest.raises(EditedError):
        world.saver.close()

    assert world.store.saved == ["edited"]
