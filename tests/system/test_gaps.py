"""Where events may be missing, the stream says so: once, and never of a quiet vCenter."""

import datetime as dt
import json
import signal

import pytest
from lxml import etree

from standalone.simulator import History, events, inventory

MINUTE = 60


def checkpoint(*, ago, key=0):
    moment = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=ago)
    return json.dumps({"lastEventKey": key, "lastEventKeyTimestamp": moment.isoformat()})


def told(arrival):
    """What the data of a notice say, without the times."""
    fields = {child.tag: child.text for child in etree.fromstring(arrival.body)}
    assert fields["from"] <= fields["to"]
    assert fields["severity"] == "warning"
    return fields["cause"]


def gaps(lab):
    return lab.sink.arrived.split(lambda arrival: arrival.is_gap)[0]


def test_what_happened_too_long_ago_is_told_once(vcenter, lab):
    lab.checkpoint.write_text(checkpoint(ago=20 * MINUTE))
    vcenter.happen(2, ago=10 * MINUTE)

    for _ in range(2):
        adapter = lab.start(vcenter.url).until_ready()
        lab.eventually(lambda: gaps(lab))
        assert adapter.terminate() == 0

    assert [told(arrival) for arrival in lab.sink.arrived] == ["CheckpointTooOld"]
    [said] = lab.adapters[0].said[2:]
    assert said == (
        "WARNING Events from <time> to <time> may be missing. The checkpoint of <time> is older "
        "than maxAge, and what happened between it and the begin is not replayed."
    )
    assert lab.adapters[1].said == lab.begun(vcenter.url)


def test_a_vcenter_in_which_nothing_happened_has_no_gap(vcenter, lab):
    [last] = vcenter.happen(1, ago=20 * MINUTE)
    lab.checkpoint.write_text(checkpoint(ago=20 * MINUTE, key=int(last)))

    adapter = lab.start(vcenter.url).until_ready()
    made = vcenter.happen(1)
    lab.eventually(lambda: lab.sink.taken)

    assert adapter.terminate() == 0
    assert sorted(lab.sink.arrived.ids, key=int) == made
    assert adapter.said == lab.begun(vcenter.url)


def test_until_a_sink_takes_it_a_gap_is_told_again_as_the_same(vcenter, lab):
    lab.checkpoint.write_text(checkpoint(ago=20 * MINUTE))
    vcenter.happen(1, ago=10 * MINUTE)
    lab.sink.script = lambda arrival: 503 if arrival.is_gap else 202
    for life in range(2):
        adapter = lab.start(vcenter.url).until_ready()
        made = vcenter.happen(1)
        lab.eventually(lambda made=made: made[0] in lab.sink.taken.ids)
        lab.eventually(lambda made=made: made[0] in lab.acknowledged())
        lab.eventually(lambda life=life: len(gaps(lab)) > life)
        adapter.send(signal.SIGKILL)
        adapter.wait()

    lab.sink.script = lambda _arrival: 202
    adapter = lab.start(vcenter.url).until_ready()
    lab.eventually(lambda: gaps(lab)[-1] in lab.sink.taken)

    assert adapter.terminate() == 0
    assert len(set(gaps(lab).ids)) == 1
    assert sorted(lab.sink.taken.ids) == sorted([*gaps(lab).ids[-1:], "2", "3"])


def test_what_history_lost_while_the_session_was_away_is_told(vcenter, lab):
    adapter = lab.start(vcenter.url).until_ready()
    made = vcenter.happen(3)
    lab.eventually(lambda: len(lab.sink.taken) == 3)

    vcenter.faults.unavailable = True
    vcenter.hang_up()
    lab.eventually(lambda: not adapter.ready)
    vcenter.happen(3)
    vcenter.history.forget(before=dt.datetime.now(dt.UTC))
    made += vcenter.happen(3)
    vcenter.faults.unavailable = False
    lab.eventually(lambda: len(lab.sink.taken) == 7)

    assert adapter.terminate() == 0
    [gap], events = lab.sink.arrived.split(lambda arrival: arrival.is_gap)
    assert (told(gap), sorted(events.ids)) == ("HistoryRemoved", made)


def test_an_outage_after_which_history_is_whole_is_no_gap(vcenter, lab):
    adapter = lab.start(vcenter.url).until_ready()
    made = vcenter.happen(3)
    lab.eventually(lambda: len(lab.sink.taken) == 3)

    vcenter.faults.unavailable = True
    vcenter.hang_up()
    lab.eventually(lambda: not adapter.ready)
    made += vcenter.happen(3)
    vcenter.faults.unavailable = False
    lab.eventually(lambda: len(lab.sink.taken) == 6)

    assert adapter.terminate() == 0
    assert sorted(lab.sink.arrived.ids) == made


def test_a_checkpoint_of_no_use_is_told_though_the_first_session_breaks(vcenter, lab):
    vcenter.happen(3, ago=20 * MINUTE)
    lab.checkpoint.write_text("{broken")
    vcenter.faults.collector_limit = 0
    adapter = lab.start(vcenter.url)
    lab.eventually(lambda: vcenter.counters.logins_attempted and not vcenter.counters.sessions_open)
    vcenter.faults.collector_limit = 32
    lab.eventually(lambda: gaps(lab))

    assert adapter.terminate() == 0
    assert [told(arrival) for arrival in lab.sink.arrived] == ["CheckpointUnusable"]


def test_to_an_account_that_may_not_see_all_no_gap_is_told(vcenter, lab):
    hide(vcenter)
    adapter = lab.start(vcenter.url).until_ready()
    hide(vcenter)
    made = vcenter.happen(1)
    hide(vcenter)
    lab.eventually(lambda: lab.sink.taken)
    vcenter.restart()
    lab.eventually(lambda: vcenter.counters.logins_attempted == 2)
    made += vcenter.happen(1)
    lab.eventually(lambda: len(lab.sink.taken) == 2)

    assert adapter.terminate() == 0
    assert sorted(lab.sink.arrived.ids, key=int) == made


def hide(vcenter):
    event = events.power_on(inventory.build()[0], dt.datetime.now(dt.UTC))
    vcenter.history.append(event, hidden=True)


@pytest.mark.parametrize(
    "vcenter", [{"history": History(first_key=1000)}], ids=["its history is empty"], indirect=True
)
def test_of_a_new_source_the_first_event_during_an_outage_is_no_gap(vcenter, lab):
    adapter = lab.start(vcenter.url).until_ready()
    vcenter.faults.unavailable = True
    vcenter.hang_up()
    lab.eventually(lambda: not adapter.ready)
    made = vcenter.happen(1)
    vcenter.faults.unavailable = False
    lab.eventually(lambda: lab.sink.taken)

    assert adapter.terminate() == 0
    assert sorted(lab.sink.arrived.ids, key=int) == made


def end_of_burst(vcenter, lab):
    """Whether the event that stands for it has arrived."""
    vcenter.history.end_bursts(dt.datetime.now(dt.UTC))
    return any("EventBurstCompressedEvent" in a.headers["ce-type"] for a in lab.sink.taken)


def filtering():
    return {"history": History(compress_bursts=True)}


@pytest.mark.parametrize(
    ("vcenter", "away", "expected"),
    [
        pytest.param(filtering(), False, (41, []), id="not where it was read as it happened"),
        pytest.param(filtering(), True, (31, ["BurstCompressed"]), id="where it was missed"),
    ],
    indirect=["vcenter"],
)
def test_a_burst_that_vcenter_compressed_is_told(vcenter, lab, away, expected):
    adapter = lab.start(vcenter.url).until_ready()
    lab.eventually(lambda: vcenter.counters.waits_open)
    vcenter.faults.unavailable = away
    if away:
        vcenter.hang_up()
        lab.eventually(lambda: not adapter.ready)
    vcenter.happen(40, to=1)
    vcenter.faults.unavailable = False
    lab.eventually(lambda: vcenter.history.end_bursts(dt.datetime.now(dt.UTC)) or is_over(lab))
    lab.eventually(lambda: len(lab.sink.taken) == expected[0] + len(expected[1]))

    assert adapter.terminate() == 0
    notices, events = lab.sink.taken.split(lambda arrival: arrival.is_gap)
    assert (len(events), [told(notice) for notice in notices]) == expected


def is_over(lab):
    """Whether the event that stands for a burst has arrived."""
    return any("BurstCompressed" in arrival.headers["ce-type"] for arrival in lab.sink.taken)
