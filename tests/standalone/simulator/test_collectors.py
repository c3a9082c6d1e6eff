"""Event collectors as pyVmomi uses them."""

import dataclasses
import datetime as dt

import pytest
from pyVmomi import vim, vmodl

from standalone.simulator import Feed

SECOND = dt.timedelta(seconds=1)


def keys(page):
    return [event.key for event in page]


def test_a_collector_reads_history_and_then_what_is_new(vcenter, login, collect, powered_on):
    vcenter.history.extend([powered_on] * 3)
    collector = collect(login(vcenter))

    assert keys(collector.ReadNextEvents(2)) == [1, 2]
    assert keys(collector.ReadNextEvents(2)) == [3]
    assert keys(collector.ReadNextEvents(2)) == []

    vcenter.history.append(powered_on)

    assert keys(collector.ReadNextEvents(2)) == [4]
    assert vcenter.counters.pages_read == 4


def test_begin_and_end_are_inclusive(vcenter, login, collect, now, powered_on):
    vcenter.history.extend(
        dataclasses.replace(powered_on, created=now + n * SECOND) for n in range(5)
    )

    collector = collect(login(vcenter), begin=now + SECOND, end=now + 3 * SECOND)

    assert keys(collector.ReadNextEvents(1000)) == [2, 3, 4]


def test_collectors_read_independently(vcenter, login, collect, powered_on):
    vcenter.history.append(powered_on)
    service = login(vcenter)
    first, second = collect(service), collect(service)

    assert keys(first.ReadNextEvents(10)) == keys(second.ReadNextEvents(10)) == [1]


@pytest.mark.parametrize("count", [0, -1, 1001])
def test_a_page_has_from_1_to_1000_events(vcenter, login, collect, count):
    collector = collect(login(vcenter))

    with pytest.raises(vmodl.fault.InvalidArgument) as refused:
        collector.ReadNextEvents(count)

    assert refused.value.invalidProperty == "maxCount"


def test_a_time_without_an_offset_is_utc(vcenter, login, collect, powered_on, now):
    vcenter.history.append(powered_on)
    service = login(vcenter)

    at_once, later = (
        collect(service, begin=begin.replace(tzinfo=None)) for begin in (now, now + SECOND)
    )

    assert (keys(at_once.ReadNextEvents(10)), keys(later.ReadNextEvents(10))) == ([1], [])


@pytest.mark.parametrize(
    ("spec", "refused"),
    [
        pytest.param({"eventTypeId": ["VmEvent"]}, "filter.eventTypeId", id="by type"),
        pytest.param({"category": ["error"]}, "filter.category", id="by category"),
        pytest.param({"maxCount": 1001}, "filter.maxCount", id="pages too large"),
    ],
)
def test_a_filter_that_is_not_simulated_is_refused(vcenter, login, spec, refused):
    manager = login(vcenter).content.eventManager

    with pytest.raises(vmodl.fault.InvalidArgument) as fault:
        manager.CreateCollectorForEvents(vim.event.EventFilterSpec(**spec))

    assert fault.value.invalidProperty == refused


def test_an_entity_in_the_filter_is_taken_for_everything(vcenter, login, powered_on):
    vcenter.history.append(powered_on)
    content = login(vcenter).content
    entity = vim.event.EventFilterSpec.ByEntity(entity=content.rootFolder, recursion="all")

    collector = content.eventManager.CreateCollectorForEvents(
        vim.event.EventFilterSpec(entity=entity, maxCount=1000)
    )

    assert keys(collector.ReadNextEvents(10)) == [1]


def test_a_destroyed_collector_is_gone(vcenter, login, collect):
    collector = collect(login(vcenter))

    collector.DestroyCollector()

    assert vcenter.counters.collectors_open == 0
    for call in (collector.DestroyCollector, lambda: collector.ReadNextEvents(1)):
        with pytest.raises(vmodl.fault.ManagedObjectNotFound):
            call()


def test_a_collector_of_another_session_cannot_be_read(vcenter, login, collect, stub_of):
    collector = collect(login(vcenter))

    stub_of(collector).cookie = stub_of(login(vcenter)).cookie

    with pytest.raises(vmodl.fault.ManagedObjectNotFound):
        collector.ReadNextEvents(1)
    assert vcenter.counters.collectors_open == 1


def test_a_session_has_at_most_32_collectors(vcenter, login, collect):
    service = login(vcenter)
    collectors = [collect(service) for _ in range(32)]

    with pytest.raises(vim.fault.InvalidState):
        collect(service)

    collectors[0].DestroyCollector()
    collect(service)
    assert vcenter.counters.collectors_open == 32


def test_it_is_known_how_many_collectors_a_session_had_at_once(vcenter, login, collect):
    for _ in range(2):
        service = login(vcenter)
        for collector in [collect(service), collect(service)]:
            collector.DestroyCollector()

    assert (vcenter.counters.collectors_open, vcenter.counters.collectors_most) == (0, 2)


def test_collectors_end_with_their_session(vcenter, login, collect):
    service = login(vcenter)
    collect(service)

    service.content.sessionManager.Logout()

    assert vcenter.counters.collectors_open == 0


def test_a_bulk_of_events_arrives_whole(vcenter, login, collect):
    feed = Feed(epoch=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    vcenter.history.extend(feed.event(n) for n in range(2500))
    collector = collect(login(vcenter))

    pages = [collector.ReadNextEvents(1000) for _ in range(4)]

    assert [len(page) for page in pages] == [1000, 1000, 500, 0]
    assert [key for page in pages for key in keys(page)] == list(range(1, 2501))
