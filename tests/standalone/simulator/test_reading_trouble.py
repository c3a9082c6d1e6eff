"""Collectors that hide what happened, each in a way that was seen at a vCenter or vcsim."""

import dataclasses
import datetime as dt

import pytest

SECOND = dt.timedelta(seconds=1)


def keys(page):
    return [event.key for event in page]


@pytest.fixture
def service(vcenter, login):
    return login(vcenter)


def test_events_without_permission_count_but_are_not_seen(vcenter, service, collect, powered_on):
    for hidden in (False, True, False, True):
        vcenter.history.append(powered_on, hidden=hidden)
    collector = collect(service)

    assert [keys(collector.ReadNextEvents(2)) for _ in range(3)] == [[1], [3], []]
    assert keys(collect(service).latestPage) == [3, 1]
    assert service.content.eventManager.latestEvent.key == 3


def test_a_page_of_nothing_else_stops_a_collector_for_ever(vcenter, service, collect, powered_on):
    vcenter.history.extend([powered_on] * 3, hidden=True)
    vcenter.history.append(powered_on)
    collector = collect(service)

    assert [keys(collector.ReadNextEvents(3)) for _ in range(2)] == [[], []]
    assert keys(collector.ReadNextEvents(4)) == [4]


def test_a_collector_that_falls_behind_stalls_and_a_new_one_does_not(
    vcenter, service, collect, powered_on
):
    vcenter.faults.stall_after = 3
    vcenter.history.append(powered_on)
    read, unread = collect(service), collect(service)
    read.ReadNextEvents(10)

    vcenter.history.extend([powered_on] * 3)
    assert keys(read.ReadNextEvents(10)) == [2, 3, 4]
    vcenter.history.extend([powered_on] * 4)

    assert [keys(read.ReadNextEvents(10)) for _ in range(2)] == [[], []]
    assert keys(read.latestPage) == [8, 7, 6, 5, 4, 3, 2, 1]
    for collector in (unread, collect(service)):
        assert keys(collector.ReadNextEvents(10)) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_who_reads_page_by_page_does_not_fall_behind(vcenter, service, collect, powered_on):
    vcenter.faults.stall_after = 3
    vcenter.history.extend([powered_on] * 10)
    collector = collect(service)

    assert [len(collector.ReadNextEvents(2)) for _ in range(6)] == [2, 2, 2, 2, 2, 0]


def test_the_collectors_of_a_moment_can_be_stalled(vcenter, service, collect, powered_on):
    before = collect(service)
    vcenter.faults.stall_collectors()
    vcenter.history.append(powered_on)

    assert keys(before.ReadNextEvents(10)) == []
    assert keys(collect(service).ReadNextEvents(10)) == [1]


def test_collectors_that_go_by_key_fall_silent_when_keys_turn_negative(
    vcenter, service, collect, powered_on
):
    vcenter.faults.order_by_key = True
    vcenter.history.number_from(2**31 - 2)
    vcenter.history.append(powered_on)
    collector = collect(service)
    assert keys(collector.ReadNextEvents(10)) == [2**31 - 2]

    vcenter.history.extend([powered_on] * 3)

    assert [keys(collector.ReadNextEvents(10)) for _ in range(2)] == [[2**31 - 1], []]
    assert keys(collector.latestPage)[0] == -(2**31) + 1
    assert keys(collect(service).ReadNextEvents(3)) == [-(2**31), -(2**31) + 1, 2**31 - 2]


def test_an_event_can_arrive_late(vcenter, service, collect, powered_on, now):
    collector, later = collect(service), collect(service, begin=now)
    vcenter.history.append(powered_on)
    vcenter.history.append(dataclasses.replace(powered_on, created=now - 5 * SECOND))

    page = collector.ReadNextEvents(10)

    assert [(event.key, event.createdTime) for event in page] == [(1, now), (2, now - 5 * SECOND)]
    assert keys(later.ReadNextEvents(10)) == [1]


def test_old_events_are_forgotten(vcenter, service, collect, powered_on, now):
    vcenter.history.extend(
        dataclasses.replace(powered_on, created=now + n * SECOND) for n in range(4)
    )
    collector = collect(service)
    assert keys(collector.ReadNextEvents(1)) == [1]

    vcenter.history.forget(before=now + 2 * SECOND)

    assert keys(collector.ReadNextEvents(10)) == [3, 4]
    vcenter.history.forget(before=now + 10 * SECOND)
    assert (len(vcenter.history), vcenter.history.last_key) == (0, 4)
