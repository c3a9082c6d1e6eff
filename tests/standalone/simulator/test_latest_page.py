"""The newest events, as properties and by QueryEvents: what a reader without collectors has."""

import datetime as dt

import pytest
from pyVmomi import vim, vmodl

from standalone.simulator import Simulator

PC = vmodl.query.PropertyCollector
SECOND = dt.timedelta(seconds=1)


def keys(page):
    return [event.key for event in page]


@pytest.fixture
def service(vcenter, login):
    return login(vcenter)


def test_the_latest_page_has_the_newest_events_first(vcenter, service, collect, powered_on):
    vcenter.history.extend([powered_on] * 12)
    collector = collect(service)

    assert keys(collector.latestPage) == [12, 11, 10, 9, 8, 7, 6, 5, 4, 3]
    collector.SetCollectorPageSize(2)
    assert keys(collector.latestPage) == [12, 11]


def test_reading_moves_no_latest_page_and_its_size_no_reading(
    vcenter, service, collect, powered_on
):
    vcenter.history.extend([powered_on] * 4)
    collector = collect(service)
    collector.SetCollectorPageSize(1)

    assert keys(collector.ReadNextEvents(3)) == [1, 2, 3]
    assert keys(collector.latestPage) == [4]
    assert keys(collector.ReadNextEvents(3)) == [4]


@pytest.mark.parametrize("size", [0, 1001])
def test_a_latest_page_has_from_1_to_1000_events(service, collect, size):
    with pytest.raises(vmodl.fault.InvalidArgument):
        collect(service).SetCollectorPageSize(size)


def test_the_latest_page_is_of_the_collectors_span(vcenter, service, collect, powered_on, now):
    vcenter.history.append(powered_on)

    assert keys(collect(service, begin=now + SECOND).latestPage) == []
    assert keys(collect(service, end=now).latestPage) == [1]


def test_properties_are_retrieved_together(vcenter, service, collect, powered_on):
    vcenter.history.append(powered_on)
    collector, manager = collect(service), service.content.eventManager
    spec = PC.FilterSpec(
        objectSet=[PC.ObjectSpec(obj=collector), PC.ObjectSpec(obj=manager)],
        propSet=[
            PC.PropertySpec(type=vim.event.EventHistoryCollector, pathSet=["latestPage"]),
            PC.PropertySpec(type=vim.event.EventManager, pathSet=["latestEvent", "maxCollector"]),
        ],
    )

    result = service.content.propertyCollector.RetrievePropertiesEx([spec], PC.RetrieveOptions())

    [page], [event, most] = (found.propSet for found in result.objects)
    assert (keys(page.val), event.val.key, most.val) == ([1], 1, 32)


def test_the_latest_event_is_unset_before_the_first(vcenter, service, powered_on):
    manager = service.content.eventManager

    assert manager.latestEvent is None
    vcenter.history.extend([powered_on] * 2)
    assert manager.latestEvent.key == 2


def test_a_query_returns_the_newest_events_first(vcenter, service, powered_on, now):
    vcenter.history.extend([powered_on] * 3)
    query = service.content.eventManager.QueryEvents
    later = vim.event.EventFilterSpec.ByTime(beginTime=now + SECOND)

    assert keys(query(vim.event.EventFilterSpec())) == [3, 2, 1]
    assert keys(query(vim.event.EventFilterSpec(maxCount=2))) == [3, 2]
    assert keys(query(vim.event.EventFilterSpec(time=later))) == []


def test_a_collector_that_is_gone_has_no_latest_page(service, collect):
    collector = collect(service)
    collector.DestroyCollector()

    with pytest.raises(vmodl.fault.ManagedObjectNotFound):
        _ = collector.latestPage


def test_how_long_events_are_kept_is_a_setting(service):
    options = service.content.setting

    assert [(option.key, option.value) for option in options.QueryOptions("event.maxAge")] == [
        ("event.maxAge", 30),
        ("event.maxAgeEnabled", True),
    ]
    with pytest.raises(vim.fault.InvalidName):
        options.QueryOptions("event.unheard-of")


@pytest.fixture
def host():
    with Simulator(esxi=True, instance_uuid="00000000-0000-4000-8000-000000000001") as running:
        yield running


def test_a_host_is_no_vcenter(host, login):
    service = login(host)
    spec = PC.FilterSpec(
        objectSet=[PC.ObjectSpec(obj=vim.HostSystem("ha-host"))],
        propSet=[PC.PropertySpec(type=vim.HostSystem, pathSet=["hardware.systemInfo.uuid"])],
    )
    about = service.content.about
    found = service.content.propertyCollector.RetrievePropertiesEx([spec], PC.RetrieveOptions())

    assert (about.apiType, about.instanceUuid) == ("HostAgent", None)
    assert found.objects[0].propSet[0].val == "00000000-0000-4000-8000-000000000001"


def test_a_host_reads_events_by_collectors_only(host, login, collect, powered_on):
    host.history.append(powered_on)
    service = login(host)
    collector = collect(service)

    assert keys(collector.ReadNextEvents(10)) == keys(collector.latestPage) == [1]
    for call in (
        lambda: service.content.eventManager.QueryEvents(vim.event.EventFilterSpec()),
        lambda: service.content.sessionManager.SessionIsActive("key", "user"),
    ):
        with pytest.raises(vmodl.fault.NotImplemented):
            call()


def test_another_host_has_no_collectors_but_queries(host, login, collect, powered_on):
    host.history.append(powered_on)
    host.faults.refused = {"EventManager.CreateCollectorForEvents": "NotSupported"}
    service = login(host)

    with pytest.raises(vmodl.fault.NotSupported):
        collect(service)
    assert keys(service.content.eventManager.QueryEvents(vim.event.EventFilterSpec())) == [1]
