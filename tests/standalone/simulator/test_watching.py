"""The long poll: property collectors that wait for the newest events, as pyVmomi uses them."""

import datetime as dt
from concurrent import futures

import pytest
from pyVmomi import vim, vmodl

from standalone.simulator import Simulator

PC = vmodl.query.PropertyCollector
FOR_EVER = 3600
PATIENCE = 20


def keys(page):
    return [event.key for event in page]


def spec_of(*objects, path="latestPage"):
    return PC.FilterSpec(
        objectSet=[PC.ObjectSpec(obj=watched) for watched in objects],
        propSet=[PC.PropertySpec(type=type(objects[0]), pathSet=[path])],
    )


def seconds(number):
    return PC.WaitOptions(maxWaitSeconds=number)


def told(update):
    """Return what an update says: its version, and what each object's properties became."""
    [filter_] = update.filterSet
    return update.version, [
        (str(change.kind), one.name, str(one.op), keys(one.val))
        for change in filter_.objectSet
        for one in change.changeSet
    ]


@pytest.fixture
def pool(vcenter):
    with futures.ThreadPoolExecutor(max_workers=8) as pool:
        yield pool
        # So that a test that fails does not wait for ever.
        vcenter.restart()


@pytest.fixture
def service(vcenter, login):
    return login(vcenter)


@pytest.fixture
def latest(service):
    """Create a collector whose latest page has that many events, for a span of time."""

    def created(count, **time):
        span = vim.event.EventFilterSpec.ByTime(**time)
        return service.content.eventManager.CreateCollectorForEvents(
            vim.event.EventFilterSpec(maxCount=count, time=span)
        )

    return created


@pytest.fixture
def watcher(service):
    """Create a property collector with a filter on such objects."""

    def created(*objects, **spec):
        watching = service.content.propertyCollector.CreatePropertyCollector()
        watching.CreateFilter(spec_of(*objects, **spec), partialUpdates=False)
        return watching

    return created


@pytest.fixture
def waiting(vcenter, pool, eventually):
    """Begin a wait in another thread, and return its future once the simulator has it."""

    def begun(watching, version, options=None):
        already = vcenter.counters.waits_open
        update = pool.submit(watching.WaitForUpdatesEx, version, options)
        eventually(lambda: vcenter.counters.waits_open > already or update.done())
        return update

    return begun


def test_the_first_wait_tells_what_there_is(vcenter, latest, watcher, powered_on):
    vcenter.history.extend([powered_on] * 3)

    update = watcher(latest(2)).WaitForUpdatesEx("", None)

    assert told(update) == ("1", [("enter", "latestPage", "assign", [3, 2])])


def test_a_wait_ends_with_nothing_when_its_time_is_up(latest, watcher):
    watching = watcher(latest(1))
    version = watching.WaitForUpdatesEx("", None).version

    assert watching.WaitForUpdatesEx(version, seconds(0)) is None


def test_a_wait_ends_when_an_event_happens(vcenter, latest, watcher, waiting, powered_on):
    watching = watcher(latest(1))
    version = watching.WaitForUpdatesEx("", None).version
    update = waiting(watching, version, seconds(FOR_EVER))

    vcenter.history.append(powered_on)

    assert told(update.result(PATIENCE)) == ("2", [("modify", "latestPage", "assign", [1])])
    assert vcenter.counters.waits_open == 0


def test_what_happened_between_two_waits_is_told_at_once(vcenter, latest, watcher, powered_on):
    watching = watcher(latest(10))
    version = watching.WaitForUpdatesEx("", None).version
    vcenter.history.extend([powered_on] * 2)

    update = watching.WaitForUpdatesEx(version, seconds(FOR_EVER))

    assert told(update) == ("2", [("modify", "latestPage", "assign", [2, 1])])
    assert watching.WaitForUpdatesEx("2", seconds(0)) is None
    assert told(watching.WaitForUpdatesEx("", None))[0] == "3"


def test_who_missed_an_answer_is_told_everything_again(vcenter, latest, watcher, powered_on):
    watching = watcher(latest(1))
    watching.WaitForUpdatesEx("", None)
    vcenter.history.append(powered_on)
    missed, again = (watching.WaitForUpdatesEx("1", seconds(FOR_EVER)) for _ in range(2))

    assert (told(missed)[0], told(again)[0]) == ("2", "3")
    assert told(missed)[1] == told(again)[1] == [("modify", "latestPage", "assign", [1])]


def test_an_event_outside_the_collectors_span_wakes_nobody(
    vcenter, latest, watcher, powered_on, now
):
    watching = watcher(latest(1, beginTime=now + dt.timedelta(seconds=1)))
    version = watching.WaitForUpdatesEx("", None).version

    vcenter.history.append(powered_on)

    assert watching.WaitForUpdatesEx(version, seconds(0)) is None


def test_only_what_has_changed_is_told(vcenter, latest, watcher, powered_on):
    late = latest(1, beginTime=powered_on.created + dt.timedelta(seconds=1))
    watching = watcher(late, latest(1))
    everything = watching.WaitForUpdatesEx("", None)
    vcenter.history.append(powered_on)

    change = watching.WaitForUpdatesEx(everything.version, seconds(FOR_EVER))

    assert [len(told(update)[1]) for update in (everything, change)] == [2, 1]


def test_the_latest_event_can_be_waited_for_too(vcenter, service, watcher, waiting, powered_on):
    watching = watcher(service.content.eventManager, path="latestEvent")
    [nothing] = watching.WaitForUpdatesEx("", None).filterSet[0].objectSet
    update = waiting(watching, "1", seconds(FOR_EVER))

    vcenter.history.append(powered_on)

    assert not nothing.changeSet
    [change] = update.result(PATIENCE).filterSet[0].objectSet[0].changeSet
    assert (change.name, change.val.key) == ("latestEvent", 1)


def test_the_collector_that_a_session_has_anyway_serves_too(vcenter, service, latest, powered_on):
    own = service.content.propertyCollector
    own.CreateFilter(spec_of(latest(1)), partialUpdates=False)
    vcenter.history.append(powered_on)

    assert told(own.WaitForUpdatesEx("", None))[1] == [("enter", "latestPage", "assign", [1])]
    with pytest.raises(vim.fault.InvalidState):
        own.DestroyPropertyCollector()


def test_pages_are_read_while_another_call_waits(vcenter, latest, watcher, waiting, powered_on):
    watching, reading = watcher(latest(1)), latest(1)
    version = watching.WaitForUpdatesEx("", None).version
    update = waiting(watching, version, seconds(FOR_EVER))

    assert keys(reading.ReadNextEvents(10)) == []
    vcenter.history.append(powered_on)
    update.result(PATIENCE)
    assert keys(reading.ReadNextEvents(10)) == [1]


def test_many_wait_at_once(vcenter, latest, watcher, waiting, powered_on):
    watchers = [watcher(latest(1)) for _ in range(8)]
    for watching in watchers:
        watching.WaitForUpdatesEx("", None)
    updates = [waiting(watching, "1", seconds(FOR_EVER)) for watching in watchers]

    vcenter.history.append(powered_on)

    assert {told(update.result(PATIENCE))[0] for update in updates} == {"2"}


@pytest.mark.parametrize("end", ["CancelWaitForUpdates", "DestroyPropertyCollector"])
def test_a_wait_can_be_ended(latest, watcher, waiting, end):
    watching = watcher(latest(1))
    watching.WaitForUpdatesEx("", None)
    update = waiting(watching, "1")

    getattr(watching, end)()

    with pytest.raises(vmodl.fault.RequestCanceled):
        update.result(PATIENCE)


def test_logging_out_and_destroying_the_collector_end_no_wait(  # noqa: PLR0913, PLR0917  # fixtures
    vcenter, service, latest, watcher, waiting, powered_on
):
    page = latest(1)
    watching = watcher(page)
    watching.WaitForUpdatesEx("", None)
    update = waiting(watching, "1", seconds(1))

    page.DestroyCollector()
    service.content.sessionManager.Logout()
    vcenter.history.append(powered_on)

    assert vcenter.counters.waits_open == 1
    assert update.result(PATIENCE) is None


def test_a_restart_ends_waits(vcenter, latest, watcher, waiting, eventually):
    watching = watcher(latest(1))
    watching.WaitForUpdatesEx("", None)
    update = waiting(watching, "1")

    vcenter.restart()

    assert update.exception(PATIENCE)
    eventually(lambda: vcenter.counters.waits_open == 0)


def test_closing_ends_waits(login, pool, eventually):
    with Simulator() as vcenter:
        service = login(vcenter)
        watching = service.content.propertyCollector.CreatePropertyCollector()
        update = pool.submit(watching.WaitForUpdatesEx, "", seconds(30))
        eventually(lambda: vcenter.counters.waits_open)

    assert update.exception(PATIENCE)


def test_what_is_destroyed_is_gone(vcenter, service, latest):
    watching = service.content.propertyCollector.CreatePropertyCollector()
    filter_ = watching.CreateFilter(spec_of(latest(1)), partialUpdates=False)
    assert vcenter.counters.property_collectors_open == 1

    filter_.DestroyPropertyFilter()
    watching.DestroyPropertyCollector()

    assert vcenter.counters.property_collectors_open == 0
    for call in (
        filter_.DestroyPropertyFilter,
        watching.DestroyPropertyCollector,
        lambda: watching.WaitForUpdatesEx("", None),
    ):
        with pytest.raises(vmodl.fault.ManagedObjectNotFound):
            call()


def test_a_property_collector_ends_with_its_session(vcenter, watcher, latest):
    watcher(latest(1))

    vcenter.faults.expire_sessions()

    assert vcenter.counters.property_collectors_open == 0


def test_a_filter_on_what_is_not_there_is_refused(service, latest):
    gone = latest(1)
    gone.DestroyCollector()

    for spec, fault in (
        (spec_of(gone), vmodl.fault.ManagedObjectNotFound),
        (spec_of(service.content.rootFolder, path="name"), vmodl.query.InvalidProperty),
    ):
        with pytest.raises(fault):
            service.content.propertyCollector.CreateFilter(spec, partialUpdates=False)


def test_a_version_that_was_never_told_is_refused(latest, watcher):
    with pytest.raises(vmodl.query.InvalidCollectorVersion):
        watcher(latest(1)).WaitForUpdatesEx("7", None)


def test_a_wait_is_not_shorter_than_nothing(latest, watcher):
    with pytest.raises(vmodl.fault.InvalidArgument):
        watcher(latest(1)).WaitForUpdatesEx("", seconds(-1))


def test_where_it_is_refused_there_is_only_the_short_poll(vcenter, service, latest):
    vcenter.faults.refused = {"PropertyCollector.CreatePropertyCollector": "NotSupported"}

    with pytest.raises(vmodl.fault.NotSupported):
        service.content.propertyCollector.CreatePropertyCollector()
    assert latest(1)
