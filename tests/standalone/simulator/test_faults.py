"""Trouble on command."""

import http.client
import socket
import ssl
import threading
import urllib.parse
from concurrent import futures

import pytest
from pyVmomi import vim, vmodl

from standalone.simulator import RawEvent, Simulator

LATE_FOREVER = 3600
PATIENCE = 20


@pytest.fixture
def get():
    """Ask a plain simulator for its versions, on a connection of its own."""

    def status(vcenter):
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(vcenter.url).netloc)
        try:
            connection.request("GET", "/sdk/vimServiceVersions.xml")
            return connection.getresponse().status
        finally:
            connection.close()

    return status


@pytest.fixture
def plain():
    with Simulator(tls=False) as running:
        yield running


def keys(page):
    return [event.key for event in page]


def test_an_expired_session_takes_its_collectors_along(vcenter, login, collect, powered_on):
    vcenter.history.append(powered_on)
    service = login(vcenter)
    collector = collect(service)

    vcenter.faults.expire_sessions()

    assert (vcenter.counters.sessions_open, vcenter.counters.collectors_open) == (0, 0)
    with pytest.raises(vim.fault.NotAuthenticated):
        collector.ReadNextEvents(10)
    service.content.sessionManager.Login("user", "pass")
    with pytest.raises(vmodl.fault.ManagedObjectNotFound):
        collector.ReadNextEvents(10)
    assert keys(collect(service).ReadNextEvents(10)) == [1]


def test_a_vcenter_that_is_down_hangs_up(plain, get):
    plain.faults.down = True
    with pytest.raises(http.client.RemoteDisconnected):
        get(plain)

    plain.faults.down = False
    assert get(plain) == 200


def test_a_vcenter_that_is_unavailable_says_so(plain, get):
    plain.faults.unavailable = True
    assert get(plain) == 503

    plain.faults.unavailable = False
    assert get(plain) == 200


def test_right_credentials_can_be_refused(vcenter, connect):
    manager = connect(vcenter).content.sessionManager
    vcenter.faults.refuse_login = True
    with pytest.raises(vim.fault.InvalidLogin):
        manager.Login("user", "pass")

    vcenter.faults.refuse_login = False
    manager.Login("user", "pass")
    assert vcenter.counters.logins_attempted == 2


def test_the_limit_of_collectors_can_be_lowered(vcenter, login, collect):
    service = login(vcenter)
    collect(service)
    vcenter.faults.collector_limit = 1

    with pytest.raises(vim.fault.InvalidState):
        collect(service)


def test_a_session_too_many_is_unavailable(vcenter, login, connect):
    service = login(vcenter)
    vcenter.faults.session_limit = 1

    with pytest.raises(http.client.HTTPException, match="503"):
        connect(vcenter).content.sessionManager.Login("user", "pass")

    service.content.sessionManager.Logout()
    login(vcenter)


def test_an_operation_can_be_refused(vcenter, login):
    service = login(vcenter)
    vcenter.faults.refused = {"ServiceInstance.CurrentTime": "NotSupported"}

    with pytest.raises(vmodl.fault.NotSupported):
        service.CurrentTime()

    assert service.content.sessionManager.currentSession.userName == "user"


@pytest.fixture
def impatient(stub_of):
    """Let the calls of a pyVmomi object wait for an answer no longer than that."""

    def changed(managed, seconds):
        stub = stub_of(managed)
        stub.DropConnections()
        stub.schemeArgs["timeout"] = seconds

    return changed


def test_an_answer_can_be_held_back_until_later(vcenter, login, collect, impatient, powered_on):
    vcenter.history.extend([powered_on] * 2)
    service = login(vcenter)
    collector = collect(service)
    impatient(collector, 0.2)
    vcenter.faults.black_hole = {"EventHistoryCollector.ReadNextEvents"}

    with pytest.raises(TimeoutError):
        collector.ReadNextEvents(1)

    assert service.CurrentTime()
    vcenter.faults.black_hole = set()
    impatient(collector, None)
    assert keys(collector.ReadNextEvents(1)) == [2]


def test_who_waits_for_the_end_of_a_black_hole_is_answered(vcenter, login):
    service = login(vcenter)
    vcenter.faults.black_hole = {"*"}
    with futures.ThreadPoolExecutor() as pool:
        answer = pool.submit(service.CurrentTime)
        with pytest.raises(TimeoutError):
            answer.result(0.1)

        vcenter.faults.black_hole = set()

        assert answer.result(PATIENCE)


def test_in_a_black_hole_no_handshake_is_made(vcenter):
    vcenter.faults.black_hole = {"*"}
    address = ("127.0.0.1", urllib.parse.urlsplit(vcenter.url).port)

    with socket.create_connection(address) as connection:
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            ssl.create_default_context().wrap_socket(connection, server_hostname="localhost")


def test_a_late_answer_loses_the_page_to_a_client_without_patience(
    vcenter, login, collect, stub_of, powered_on
):
    vcenter.history.extend([powered_on] * 3)
    collector = collect(login(vcenter))
    stub = stub_of(collector)
    stub.DropConnections()
    stub.schemeArgs["timeout"] = 0.2

    vcenter.faults.delay_seconds = LATE_FOREVER
    with pytest.raises(TimeoutError):
        collector.ReadNextEvents(2)

    vcenter.faults.delay_seconds = 0
    stub.schemeArgs["timeout"] = None
    assert keys(collector.ReadNextEvents(2)) == [3]


def test_closing_does_not_wait_for_late_answers(connect, now):
    asked = threading.Event()

    def clock():
        asked.set()
        return now

    with futures.ThreadPoolExecutor() as pool:
        with Simulator(tls=False, clock=clock) as vcenter:
            manager = connect(vcenter).RetrieveContent().sessionManager
            vcenter.faults.delay_seconds = LATE_FOREVER
            login = pool.submit(manager.Login, "user", "pass")
            assert asked.wait(30)

        with pytest.raises(http.client.RemoteDisconnected):
            login.result()


def test_an_unknown_event_spoils_its_page_for_pyvmomi(vcenter, login, collect, powered_on, unknown):
    vcenter.history.extend([powered_on, unknown])
    collector = collect(login(vcenter))

    with pytest.raises(KeyError):
        collector.ReadNextEvents(10)
    assert keys(collector.ReadNextEvents(10)) == []


def test_xml_of_the_callers_own_is_sent_as_it_is(vcenter, login, collect, now):
    xml = (
        b'<returnval xsi:type="VmPoweredOnEvent"><key>{key}</key><chainId>7</chainId>'
        b"<createdTime>2026-05-01T12:00:00Z</createdTime><userName>x</userName></returnval>"
    )
    vcenter.history.append(RawEvent(created=now, xml=xml))

    [event] = collect(login(vcenter)).ReadNextEvents(10)

    assert (event.key, event.chainId, event.userName) == (1, 7, "x")


def test_a_restart_loses_connections_sessions_and_collectors_but_no_event(
    vcenter, login, collect, powered_on
):
    vcenter.history.append(powered_on)
    service = login(vcenter)
    collect(service)

    vcenter.restart()

    assert (vcenter.counters.sessions_open, vcenter.counters.collectors_open) == (0, 0)
    with pytest.raises((OSError, http.client.HTTPException)):
        service.CurrentTime()
    vcenter.history.append(powered_on)
    assert keys(collect(login(vcenter)).ReadNextEvents(10)) == [1, 2]


def test_a_restart_can_begin_keys_anew(vcenter, login, collect, powered_on):
    vcenter.history.extend([powered_on] * 2)

    vcenter.restart(first_key=1)

    vcenter.history.append(powered_on)
    assert keys(collect(login(vcenter)).ReadNextEvents(10)) == [1, 2, 1]
