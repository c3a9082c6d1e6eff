"""The simulator as pyVmomi sees it."""

import contextlib
import socket
import ssl
import threading
import urllib.parse

import pytest
from pyVmomi import vim, vmodl

from standalone.simulator import Counters, History, Simulator


def keys(page):
    return [event.key for event in page]


@pytest.mark.parametrize("tls", [pytest.param(True, id="https"), pytest.param(False, id="http")])
def test_pyvmomi_learns_who_it_talks_to(connect, tls):
    with Simulator(tls=tls, instance_uuid="00000000-0000-4000-8000-000000000001") as vcenter:
        about = connect(vcenter).RetrieveContent().about

    assert (about.name, about.version, about.apiVersion, about.apiType, about.instanceUuid) == (
        "VMware vCenter Server",
        "8.0.3",
        "8.0.3.0",
        "VirtualCenter",
        "00000000-0000-4000-8000-000000000001",
    )


def test_pyvmomi_negotiates_the_newest_version_served(vcenter, connect, stub_of):
    assert stub_of(connect(vcenter)).version == "vim.version.v8_0_3_0"


def test_login_opens_a_session_and_logout_closes_it(vcenter, connect, now):
    service = connect(vcenter)
    manager = service.content.sessionManager

    session = manager.Login("user", "pass")

    assert (session.userName, session.loginTime) == ("user", now)
    assert manager.currentSession.key == session.key
    assert manager.SessionIsActive(session.key, "user")
    assert not manager.SessionIsActive(session.key, "somebody else")
    assert vcenter.counters.sessions_open == 1

    manager.Logout()

    assert vcenter.counters.sessions_open == 0
    with pytest.raises(vim.fault.NotAuthenticated):
        service.CurrentTime()


def test_a_session_that_nobody_has_used_since_its_login_is_counted_apart(vcenter, login):
    service = login(vcenter)
    login(vcenter)

    service.CurrentTime()

    assert (vcenter.counters.sessions_open, vcenter.counters.sessions_unused) == (2, 1)


@pytest.mark.parametrize(
    "credentials",
    [
        pytest.param(("user", "wrong"), id="wrong password"),
        pytest.param(("nobody", "pass"), id="unknown user"),
        pytest.param(("user", ""), id="no password"),
    ],
)
def test_other_credentials_are_refused_and_counted(vcenter, connect, credentials):
    manager = connect(vcenter).content.sessionManager

    with pytest.raises(vim.fault.InvalidLogin):
        manager.Login(*credentials)

    assert vcenter.counters == Counters(
        logins_attempted=1, pages_read=0, sessions_open=0, collectors_open=0
    )


def test_who_is_logged_in_cannot_log_in_again(vcenter, login):
    manager = login(vcenter).content.sessionManager

    with pytest.raises(vim.fault.InvalidLogin):
        manager.Login("user", "pass")


def test_time_is_that_of_the_given_clock(vcenter, login, now):
    assert login(vcenter).CurrentTime() == now


def test_nothing_but_service_content_is_served_without_a_session(vcenter, connect, collect):
    service = connect(vcenter)

    for call in (service.CurrentTime, lambda: collect(service)):
        with pytest.raises(vim.fault.NotAuthenticated):
            call()


def test_a_method_that_is_not_simulated_is_named(vcenter, login):
    service = login(vcenter)

    with pytest.raises(vmodl.fault.MethodNotFound) as refused:
        service.content.eventManager.LogUserEvent(service.content.rootFolder, "hello")

    assert refused.value.method == "LogUserEvent"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_certificate_is_good_for_this_machine_only_once_trusted(vcenter, host):
    port = urllib.parse.urlsplit(vcenter.url).port
    trusting = ssl.create_default_context(cadata=vcenter.certificate)
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT

    with (
        socket.create_connection(("127.0.0.1", port)) as connection,
        trusting.wrap_socket(connection, server_hostname=host) as secured,
    ):
        assert secured.version() in {"TLSv1.2", "TLSv1.3"}
    with (
        socket.create_connection(("127.0.0.1", port)) as connection,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        ssl.create_default_context().wrap_socket(connection, server_hostname=host)


def test_without_tls_there_is_no_certificate():
    with Simulator(tls=False) as vcenter:
        assert (vcenter.certificate, vcenter.url[:17]) == (None, "http://127.0.0.1:")


def test_at_the_end_no_thread_and_no_listener_is_left(login):
    threads = threading.active_count()
    with Simulator() as vcenter:
        login(vcenter)
        assert threading.active_count() > threads

    assert threading.active_count() == threads
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", urllib.parse.urlsplit(vcenter.url).port))


def test_another_simulator_can_take_over_port_and_history(login, collect, powered_on):
    history = History()
    with Simulator(history=history) as first:
        first.history.append(powered_on)
        port = urllib.parse.urlsplit(first.url).port

    with Simulator(history=history, port=port) as second:
        assert keys(collect(login(second)).ReadNextEvents(10)) == [1]


def test_a_port_in_use_is_named(vcenter):
    port = urllib.parse.urlsplit(vcenter.url).port

    with pytest.raises(OSError, match="cannot listen") as refused, Simulator(port=port):
        pass

    assert str(refused.value) == (
        f"The simulator cannot listen on 127.0.0.1:{port} (Address already in use):"
        " choose another port, or 0 for any that is free."
    )


def test_a_client_that_says_nothing_does_not_hold_up_the_end(connect):
    with contextlib.ExitStack() as stack:
        with Simulator() as vcenter:
            port = urllib.parse.urlsplit(vcenter.url).port
            silent = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            connect(vcenter)  # who comes later and is served shows that the first was accepted

        assert silent.recv(1) == b""


def test_outside_its_context_there_is_no_address():
    with pytest.raises(RuntimeError, match="use it in a with statement"):
        _ = Simulator(tls=False).url
