"""Waiting for events, against the simulator."""

import datetime as dt
import socket
import threading
import time
import urllib.parse

import pytest

import vsphere
from adapter.events.page import newest
from adapter.reading.pace import Pace
from adapter.reading.watch import Hangup, Watch
from adapter.telemetry.monitor import Monitor
from standalone.simulator import Simulator, events, inventory

MACHINES = inventory.build()


@pytest.fixture
def vcenter():
    with Simulator(tls=False) as running:
        yield running


@pytest.fixture
def session(vcenter):
    opened = vsphere.login(
        vsphere.Address.parse(vcenter.url), vsphere.Credentials(username="user", password="pass")
    )
    yield opened
    opened.logout()


@pytest.fixture
def watch(session):
    built = Watch(session=session, hangup=Hangup())
    yield built
    built.disarm()


def happen(vcenter):
    vcenter.history.append(events.power_on(MACHINES[0], dt.datetime.now(dt.UTC)))


def left(vcenter):
    counters = vcenter.counters
    return counters.collectors_open, counters.property_collectors_open


def test_what_happened_since_it_was_armed_wakes_at_once(vcenter, watch):
    watch.arm()
    happen(vcenter)

    assert watch.wait(30)


def test_what_happens_during_a_wait_ends_it(vcenter, watch):
    watch.arm()
    threading.Timer(0.1, happen, [vcenter]).start()

    began = time.monotonic()
    assert watch.wait(30)
    assert time.monotonic() - began < 10


def test_where_nothing_happens_it_waits_its_time(watch):
    watch.arm()

    began = time.monotonic()
    assert not watch.wait(1)
    assert time.monotonic() - began > 0.9


def test_another_thread_can_hang_up(vcenter, watch):
    watch.arm()
    threading.Timer(0.1, watch.hangup.now).start()

    began = time.monotonic()
    assert not watch.wait(30)
    assert time.monotonic() - began < 10
    # And there is no more waiting.
    assert not watch.wait(30)
    assert time.monotonic() - began < 10
    watch.disarm()
    assert left(vcenter) == (0, 0)


def test_disarmed_it_leaves_nothing_in_vcenter(vcenter, watch):
    watch.arm()
    assert (left(vcenter), watch.armed) == ((1, 1), True)

    watch.disarm()

    assert (left(vcenter), watch.armed) == ((0, 0), False)


@pytest.mark.parametrize(
    "operation",
    [
        "EventManager.CreateCollectorForEvents",
        "PropertyCollector.CreatePropertyCollector",
        "PropertyCollector.CreateFilter",
        "PropertyCollector.WaitForUpdatesEx",
    ],
)
def test_refused_on_the_way_it_leaves_nothing_in_vcenter(vcenter, watch, operation):
    vcenter.faults.refused = {operation: "NotSupported"}

    with pytest.raises(vsphere.CallError):
        watch.arm()

    assert (left(vcenter), watch.armed) == ((0, 0), False)


def test_a_session_that_expired_is_an_error(vcenter, watch):
    watch.arm()
    vcenter.faults.expire_sessions()

    with pytest.raises(vsphere.SessionError):
        watch.wait(1)


@pytest.fixture
def pace(watch):
    return Pace(watch=watch, monitor=Monitor(), stopped=threading.Event())


def test_the_first_rest_arms_and_tells_of_the_newest_event_and_the_next_ones_wait(vcenter, pace):
    happen(vcenter)
    [before] = vcenter.history.read().records
    assert newest(pace.rest(30)) == (before.key, before.created)
    assert pace.watch.armed
    happen(vcenter)
    _, then = vcenter.history.read().records

    assert newest(pace.rest(30)) == (then.key, then.created)


def test_after_many_events_it_is_armed_anew(vcenter, pace):
    pace.rest(30)
    happen(vcenter)

    pace.found(many=True)

    assert not pace.watch.armed
    pace.rest(30)
    assert pace.watch.armed


def test_a_wait_that_is_refused_becomes_a_short_one(vcenter, pace):
    pace.rest(30)
    vcenter.faults.refused = {"PropertyCollector.WaitForUpdatesEx": "RequestCanceled"}

    began = time.monotonic()
    assert not pace.rest(30)
    assert not pace.rest(30)

    assert 0.5 < time.monotonic() - began < 10
    assert left(vcenter) == (0, 0)


@pytest.fixture
def closing_proxy(vcenter, serve):
    """A proxy before the vCenter that closes each connection with its answer."""
    port = urllib.parse.urlsplit(vcenter.url).port

    def forward(request, _connection):
        with socket.create_connection(("127.0.0.1", port)) as server:
            server.sendall(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
            answer = b"".join(iter(lambda: server.recv(65536), b""))
        return answer.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)

    return serve(forward)


def test_a_proxy_that_closes_each_connection_does_not_disturb(vcenter, closing_proxy):
    session = vsphere.login(
        vsphere.Address.parse(f"http://127.0.0.1:{closing_proxy.port}/sdk"),
        vsphere.Credentials(username="user", password="pass"),
    )
    with Watch(session=session, hangup=Hangup()) as watch:
        watch.arm()
        happen(vcenter)

        assert watch.wait(30)
    session.logout()


def test_out_of_reach_it_does_not_ask_vcenter_to_clean_up(vcenter, watch):
    watch.arm()
    vcenter.faults.unavailable = True

    with pytest.raises(vsphere.UnreachableError), watch:
        watch.wait(1)

    vcenter.faults.unavailable = False
    assert (left(vcenter), watch.armed) == ((1, 1), False)


class Hasty(Watch):
    """Of a server that does not let anybody wait."""

    def wait(self, seconds):
        return super().wait(seconds * 0)


def test_a_server_that_does_not_let_it_wait_is_not_asked_without_end(session):
    watch = Hasty(session=session, hangup=Hangup())
    with Pace(watch=watch, monitor=Monitor(), stopped=threading.Event()) as pace:
        pace.rest(30)

        began = time.monotonic()
        for _ in range(4):
            pace.rest(30)

    assert time.monotonic() - began > 0.25
