"""The burst filter, as vCenter's documentation describes it."""

import datetime as dt

import pytest
from pyVmomi import vim

from standalone.simulator import History, Simulator, events, inventory

EPOCH = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
ONE, OTHER = inventory.build()[:2]


def keys(page):
    return [event.key for event in page]


def identical(count, *, every=SECOND / 2, make=events.power_on, machine=ONE, since=EPOCH):
    return [make(machine, since + number * every) for number in range(count)]


class Clock:
    now = EPOCH

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def vcenter(clock):
    with Simulator(history=History(compress_bursts=True), clock=clock) as running:
        yield running


@pytest.fixture
def service(vcenter, login):
    return login(vcenter)


def test_of_a_burst_30_events_and_their_count_are_stored(vcenter, service, collect, clock):
    vcenter.history.extend(identical(100))
    clock.now = EPOCH + 60 * SECOND

    *stored, compressed = collect(service).ReadNextEvents(1000)

    assert keys(stored) == list(range(1, 31))
    assert (
        compressed.key,
        compressed.eventTypeId,
        compressed.createdTime,
        compressed.objectId,
    ) == (
        101,
        "com.vmware.vc.EventBurstCompressedEvent",
        clock.now,
        ONE.vm.id,
    )
    assert {argument.key: argument.value for argument in compressed.arguments} == {
        "eventType": "VmPoweredOnEvent",
        "objectId": ONE.vm.id,
        "userName": "VSPHERE.LOCAL\\Administrator",
        "count": 70,
        "burstStartTime": "2026-05-01T12:00:15.000000Z",
    }


def test_who_is_reading_sees_them_all(vcenter, service, collect, clock):
    collector = collect(service)

    vcenter.history.extend(identical(100))
    clock.now = EPOCH + 60 * SECOND

    assert keys(collector.ReadNextEvents(1000)) == list(range(1, 102))


def test_while_a_burst_goes_on_nothing_stands_for_it(vcenter, service, collect, clock):
    vcenter.history.extend(identical(100))
    clock.now = EPOCH + 50 * SECOND

    assert keys(collect(service).ReadNextEvents(1000)) == list(range(1, 31))


def test_a_second_burst_is_counted_apart(vcenter, service, collect, clock):
    vcenter.history.extend(identical(40) + identical(50, since=EPOCH + 60 * SECOND))
    clock.now = EPOCH + 120 * SECOND

    found = collect(service).ReadNextEvents(1000)

    counts = [
        argument.value
        for event in found
        if isinstance(event, vim.event.EventEx)
        for argument in event.arguments
        if argument.key == "count"
    ]
    assert (len(found), counts) == (62, [10, 20])


@pytest.mark.parametrize(
    "happened",
    [
        pytest.param(identical(100, every=SECOND), id="one a second is none too many in 30 s"),
        pytest.param(identical(30), id="30 are stored"),
        pytest.param(identical(20) + identical(20, machine=OTHER), id="of several objects"),
        pytest.param(identical(20) + identical(20, make=events.power_off), id="of several types"),
    ],
)
def test_what_is_no_burst_is_stored(happened, vcenter, service, clock):
    vcenter.history.extend(happened)
    clock.now = EPOCH + 300 * SECOND
    service.CurrentTime()

    assert vcenter.history.end == len(happened)
    assert not any(record.passing for record in vcenter.history.read().records)


def test_without_the_filter_everything_is_stored(login, collect, clock):
    with Simulator(clock=clock) as vcenter:
        vcenter.history.extend(identical(100))

        assert len(collect(login(vcenter)).ReadNextEvents(1000)) == 100
