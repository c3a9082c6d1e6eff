"""Against vcsim: an idle source notices at once, stops at once, and leaves nothing behind."""

import datetime as dt
import time

import pytest
from pyVmomi import vim


def collectors_left(vcsim):
    """How many collectors vcsim still lets anybody open; one that was lost never comes back."""
    opened = []
    try:
        while True:
            manager = vcsim.content.eventManager
            opened.append(manager.CreateCollectorForEvents(vim.event.EventFilterSpec()))
    except vim.fault.InvalidState:
        return len(opened)
    finally:
        for collector in opened:
            collector.DestroyCollector()


def test_an_event_is_noticed_at_once_and_without_asking_again_and_again(vcsim, lab):
    adapter = lab.start(vcsim.url).until_ready()
    lab.eventually(lambda: "long poll" in adapter.stderr)
    delays = []
    for _ in range(11):
        taken = len(lab.sink.taken)
        time.sleep(0.2)
        vcsim.post(1)
        lab.eventually(lambda taken=taken: len(lab.sink.taken) > taken)
        created = dt.datetime.fromisoformat(lab.sink.taken[-1].headers["ce-time"])
        delays.append((dt.datetime.now(dt.UTC) - created).total_seconds())

    assert sorted(delays)[5] < 0.2
    assert adapter.terminate() == 0


def test_a_stop_does_not_wait_for_the_poll_and_leaves_nothing_in_vcenter(vcsim, lab):
    before = vcsim.sessions, collectors_left(vcsim)
    adapter = lab.start(vcsim.url).until_ready()
    lab.eventually(lambda: "long poll" in adapter.stderr)
    time.sleep(0.5)

    began = time.monotonic()
    assert adapter.terminate() == 0
    assert time.monotonic() - began < 5

    assert (vcsim.sessions, collectors_left(vcsim)) == before


def test_what_vcsim_hides_after_1000_unread_events_is_found(vcsim, lab):
    """It keeps 1,000 events, and a collector that is farther behind gives nothing for ever."""
    adapter = lab.start(vcsim.url).until_ready()
    vcsim.power(1)
    lab.eventually(lambda: len(lab.sink.taken) == 2)

    # The reader is full of what the sink does not take, and falls behind.
    lab.sink.script = lambda _arrival: 503
    vcsim.post(3000)
    lab.sink.script = lambda _arrival: 202
    newest = str(vcsim.history()[-1].key)
    lab.eventually(lambda: newest in lab.sink.taken.ids)

    assert adapter.terminate() == 0


@pytest.mark.parametrize("vcsim", [["-esx"]], ids=["an ESXi host"], indirect=True)
def test_an_esxi_host_is_read_like_a_vcenter(vcsim, lab):
    before = collectors_left(vcsim)
    adapter = lab.start(vcsim.url).until_ready()
    last = vcsim.history()[-1].key
    vcsim.power(2)
    made = [str(event.key) for event in vcsim.history(after=last)]
    lab.eventually(lambda: len(lab.sink.taken) >= len(made))

    assert adapter.terminate() == 0
    assert sorted(lab.sink.arrived.ids, key=int) == made
    assert len(made) == 4
    assert collectors_left(vcsim) == before
