"""ESXi hosts, and whatever else gives no history, only its newest events."""

import pytest

REFUSED = {
    "reading on": {"EventHistoryCollector.ReadNextEvents": "NotSupported"},
    "collectors": {"EventManager.CreateCollectorForEvents": "NotSupported"},
}


@pytest.fixture(params=REFUSED.values(), ids=REFUSED)
def host(vcenter, request):
    vcenter.faults.refused = request.param
    return vcenter


def test_what_happens_arrives_once_and_in_order(host, lab):
    adapter = lab.start(host.url, VSPHERE_DELIVERY_CONFIG='{"inFlight":1}').until_ready()
    made = host.happen(20)
    lab.eventually(lambda: len(lab.sink.taken) == 20)
    made += host.happen(20)
    lab.eventually(lambda: len(lab.sink.taken) == 40)

    assert adapter.terminate() == 0
    assert sorted(lab.sink.arrived.ids, key=int) == made
    assert (host.counters.sessions_open, host.counters.collectors_open) == (0, 0)


def test_a_killed_process_goes_on_where_it_was(host, lab):
    adapter = lab.start(host.url, VSPHERE_DELIVERY_CONFIG='{"inFlight":1}').until_ready()
    made = host.happen(10)
    lab.eventually(lambda: set(made) <= lab.acknowledged())
    adapter.kill()
    made += host.happen(10)
    adapter = lab.start(host.url, VSPHERE_DELIVERY_CONFIG='{"inFlight":1}').until_ready()
    lab.eventually(lambda: len(lab.sink.taken) == 20)

    assert adapter.terminate() == 0
    assert sorted(lab.sink.arrived.ids, key=int) == made


def test_more_than_a_page_between_two_looks_is_told(host, lab):
    adapter = lab.start(host.url).until_ready()
    host.happen(3)
    lab.eventually(lambda: len(lab.sink.taken) == 3)

    host.faults.unavailable = True
    host.hang_up()
    lab.eventually(lambda: not adapter.ready)
    made = host.happen(1500)
    host.faults.unavailable = False
    lab.eventually(lambda: len(lab.sink.taken) == 3 + 1000 + 1)

    assert adapter.terminate() == 0
    [gap], newest = lab.sink.arrived.split(lambda arrival: arrival.is_gap)
    assert b"<cause>PageOverrun</cause>" in gap.body
    assert set(newest.ids) >= set(made[-1000:])


def test_an_event_that_comes_late_is_known_by_its_key(vcenter, lab):
    vcenter.faults.refused = REFUSED["reading on"]
    adapter = lab.start(vcenter.url).until_ready()
    made = vcenter.happen(3, to=1)
    lab.eventually(lambda: len(lab.sink.taken) == 3)
    made += vcenter.happen(1, to=1, ago=600)
    lab.eventually(lambda: len(lab.sink.taken) == 4)

    assert adapter.terminate() == 0
    assert lab.sink.arrived.ids == made
