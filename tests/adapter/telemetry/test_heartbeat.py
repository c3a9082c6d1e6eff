"""When a thread counts as stuck."""

import pytest

from adapter.telemetry.heartbeat import GRACE_SECONDS, Heartbeat


class World:
    def __init__(self):
        self.now = 100.0
        self.heartbeat = Heartbeat(clock=lambda: self.now)

    def after(self, seconds):
        self.now += seconds
        return self.heartbeat.stuck


@pytest.fixture
def world():
    return World()


def test_who_never_promised_anything_is_not_missed(world):
    assert world.after(1e9) == []


def test_a_thread_is_stuck_a_while_after_its_promise_was_due(world):
    world.heartbeat.promise("reader", 120)

    assert world.after(120 + GRACE_SECONDS - 1) == []
    assert world.after(1) == ["reader"]


def test_a_thread_that_is_heard_of_again_is_well(world):
    world.heartbeat.promise("reader", 0)
    world.now += 1000
    world.heartbeat.promise("reader", 0)

    assert world.after(0) == []


def test_a_wait_without_end_is_no_fault(world):
    world.heartbeat.promise("reader", float("inf"))

    assert world.after(1e9) == []


def test_each_thread_that_is_stuck_is_named(world):
    for thread in ("reader", "delivery"):
        world.heartbeat.promise(thread, 0)
    world.heartbeat.promise("saver", 1000)

    assert world.after(GRACE_SECONDS) == ["delivery", "reader"]
