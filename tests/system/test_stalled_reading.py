"""What a collector hides is found all the same."""

import dataclasses
import datetime as dt

import pytest

from standalone.simulator import events, inventory

MACHINES = inventory.build()


def metric(adapter, name):
    [value] = [
        float(line.split()[1])
        for line in adapter.get("/metrics").text.splitlines()
        if line.startswith(f"{name} ")
    ]
    return value


def hide(vcenter, count):
    """Let that many things happen which the account may not see."""
    now = dt.datetime.now(dt.UTC)
    vcenter.history.extend((events.power_on(MACHINES[0], now) for _ in range(count)), hidden=True)


def happens_after_a_stall(vcenter):
    vcenter.faults.stall_collectors()
    return vcenter.happen(5)


def happens_while_keys_wrap(vcenter):
    vcenter.faults.order_by_key = True
    vcenter.history.number_from(2**31 - 3)
    return vcenter.happen(8)


def happens_beyond_what_a_page_hides(vcenter):
    hide(vcenter, 1500)
    return vcenter.happen(5)


@pytest.mark.parametrize(
    ("hidden", "rebuilt"),
    [
        pytest.param(happens_after_a_stall, 1, id="the collector stalls"),
        # The new collector begins before they do, and falls silent too.
        pytest.param(happens_while_keys_wrap, 2, id="keys wrap to negative numbers"),
        pytest.param(happens_beyond_what_a_page_hides, 2, id="a new collector hides it too"),
    ],
)
def test_what_a_collector_hides_is_found_within_seconds(hidden, rebuilt, vcenter, lab):
    adapter = lab.start(vcenter.url).until_ready()
    made = vcenter.happen(3)
    lab.eventually(lambda: len(lab.sink.taken) == 3)

    made += hidden(vcenter)
    lab.eventually(lambda: len(lab.sink.taken) >= len(made))
    # And from there on, everything is as it was.
    made += vcenter.happen(3)
    lab.eventually(lambda: len(lab.sink.taken) >= len(made))

    assert metric(adapter, "vsphere_source_stalls_total") == rebuilt
    assert adapter.terminate() == 0
    assert sorted(lab.sink.arrived.ids) == sorted(made)
    assert (vcenter.counters.sessions_open, vcenter.counters.collectors_open) == (0, 0)


def test_a_short_page_hides_nothing(vcenter, lab):
    adapter = lab.start(vcenter.url).until_ready()
    hide(vcenter, 600)
    made = vcenter.happen(5)
    lab.eventually(lambda: len(lab.sink.taken) == 5)

    assert metric(adapter, "vsphere_source_stalls_total") == 0
    assert adapter.terminate() == 0
    assert sorted(lab.sink.arrived.ids) == sorted(made)


def test_more_hidden_events_than_a_page_after_many_that_were_read_are_passed(vcenter, lab):
    """More than the adapter knows by name."""
    adapter = lab.start(vcenter.url).until_ready()
    made = vcenter.happen(3000)
    lab.eventually(lambda: len(lab.sink.taken) == 3000)
    hide(vcenter, 1500)
    made += vcenter.happen(3)
    lab.eventually(lambda: len(lab.sink.taken) == 3003)

    assert adapter.terminate() == 0
    assert sorted(lab.sink.arrived.ids) == sorted(made)


@pytest.mark.parametrize(
    ("broken", "many"),
    [
        pytest.param(False, 5, id="in a session"),
        pytest.param(True, 5, id="between two"),
        pytest.param(True, 1100, id="between two, and more than a page happens"),
    ],
)
def test_when_vcenters_clock_is_set_back_nothing_is_lost_or_repeated(broken, many, vcenter, lab):
    then = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=240)
    lab.checkpoint.write_text(f'{{"lastEventKeyTimestamp": "{then.isoformat()}"}}')
    made = [key for ago in range(240, -20, -20) for key in vcenter.happen(1, ago=ago)]
    adapter = lab.start(vcenter.url).until_ready()
    lab.eventually(lambda: len(lab.sink.taken) == len(made))
    lab.eventually(lambda: vcenter.counters.waits_open)

    vcenter.faults.unavailable = broken
    if broken:
        vcenter.hang_up()
        lab.eventually(lambda: not adapter.ready)
    for ago in (600, 599):
        made += vcenter.happen(many, ago=ago)
        vcenter.faults.unavailable = False
        lab.eventually(lambda made=made: len(lab.sink.taken) >= len(made))

    assert adapter.terminate() == 0
    assert sorted(lab.sink.arrived.ids, key=int) == made


def test_an_event_that_comes_late_is_found_and_nothing_is_repeated_for_it(vcenter, lab):
    made = []
    for count in (3, 1):
        adapter = lab.start(vcenter.url).until_ready()
        made += vcenter.happen(count)
        made += vcenter.happen(1, ago=60)
        lab.eventually(lambda made=made: len(lab.sink.taken) == len(made))
        assert adapter.terminate() == 0

    assert sorted(lab.sink.arrived.ids, key=int) == made


def test_events_that_come_late_among_others_are_found(vcenter, lab):
    """Whether an adapter runs or not, and though their times are before the history it reads."""
    lab.start(vcenter.url).until_ready().terminate()
    made = []
    for _ in range(2):
        made += mixed(vcenter, ago=60)
        adapter = lab.start(vcenter.url).until_ready()
        made += mixed(vcenter, ago=90)
        lab.eventually(lambda made=made: len(lab.sink.taken) >= len(made))
        assert adapter.terminate() == 0

    assert sorted(lab.sink.arrived.ids, key=int) == made


def mixed(vcenter, *, ago):
    return [key for at in (0.0, ago) * 3 for key in vcenter.happen(1, ago=at)]


def test_for_an_event_of_long_ago_not_all_since_then_is_read_again(vcenter, lab):
    vcenter.happen(500, ago=3600)
    adapter = lab.start(vcenter.url).until_ready()
    made = vcenter.happen(1)
    lab.eventually(lambda: len(lab.sink.taken) == 1)
    made += vcenter.happen(1, ago=7200)
    made += vcenter.happen(1)
    lab.eventually(lambda: len(lab.sink.taken) == 3)

    assert sorted(lab.sink.arrived.ids, key=int) == made
    assert metric(adapter, "vsphere_source_events_read_total") < 500
    assert adapter.terminate() == 0


@dataclasses.dataclass(frozen=True)
class Strange:
    """An event without a key."""

    created: dt.datetime

    def marshal(self, _key):
        return b"<returnval><key>seven</key></returnval>"


def test_an_event_that_cannot_be_read_is_no_stall_and_told_once(vcenter, lab):
    adapter = lab.start(vcenter.url).until_ready()
    vcenter.happen(1)
    vcenter.history.append(Strange(dt.datetime.now(dt.UTC)))
    lab.eventually(lambda: len(lab.sink.taken) == 2)
    vcenter.restart()
    lab.eventually(lambda: vcenter.counters.logins_attempted == 2 and vcenter.counters.waits_open)
    vcenter.happen(1)
    lab.eventually(lambda: len(lab.sink.taken) == 3)

    assert metric(adapter, "vsphere_source_stalls_total") == 0
    assert metric(adapter, "vsphere_source_gaps_total") == 1
    assert adapter.terminate() == 0
