"""What a collector hides is found all the same."""

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
