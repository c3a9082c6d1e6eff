"""Logging in, and what may come of it."""

import contextlib
import datetime as dt
import http.client
import socket
import ssl
import traceback
from xml.parsers.expat import ExpatError

import pytest
from pyVmomi import vim, vmodl

from vsphere import (
    Address,
    CallError,
    CertificateError,
    Credentials,
    LoginError,
    SessionError,
    UnreachableError,
    VSphereError,
    login,
)


def test_a_session_knows_its_vcenter_and_its_clock(vcenter, credentials):
    session = login(vcenter.address, credentials, timeout=10)
    now = session.now()
    session.logout()

    assert (session.address, session.api_version, session.instance_uuid, now) == (
        vcenter.address,
        "8.0.3.0",
        "uuid-1",
        dt.datetime(2026, 11, 22, 12, 0, 0, 500_000, tzinfo=dt.UTC),
    )
    assert vcenter.requests == [
        "/sdk/vimServiceVersions.xml",
        "RetrieveServiceContent",
        "Login",
        "CurrentTime",
        "Logout",
    ]


def test_an_esxi_host_has_no_uuid(vcenter, credentials):
    status, content = vcenter.calls["RetrieveServiceContent"]
    vcenter.calls["RetrieveServiceContent"] = (
        status,
        content.replace(b"<instanceUuid>uuid-1</instanceUuid>", b""),
    )
    session = login(vcenter.address, credentials, timeout=10)
    session.logout()

    assert session.instance_uuid is None


@pytest.mark.parametrize(
    ("mounted", "what"),
    [
        pytest.param(True, "the Secret", id="read from a mounted Secret"),
        pytest.param(False, "them", id="given"),
    ],
)
def test_a_wrong_password_is_tried_once(vcenter, credentials, tmp_path, mounted, what):
    vcenter.refuse("Login", "InvalidLogin", "Cannot complete login.")
    if mounted:
        (tmp_path / "username").write_text("root")
        (tmp_path / "password").write_text("hunter2")
        credentials = Credentials.read(tmp_path)

    with pytest.raises(LoginError) as caught:
        login(vcenter.address, credentials, timeout=10)

    assert str(caught.value) == (
        f"{vcenter.address} refused the login: user name or password is wrong. "
        f"Correct {what}; until then it is tried rarely, so that no account locks."
    )
    assert vcenter.requests.count("Login") == 1


@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        pytest.param("NotAuthenticated", SessionError, "{} ended the session.", id="session ended"),
        pytest.param(
            "NoPermission", CallError, "{} answered NoPermission: Denied", id="no permission"
        ),
    ],
)
def test_a_fault_of_a_call_is_told(vcenter, credentials, fault, kind, message):
    session = login(vcenter.address, credentials, timeout=10)
    vcenter.refuse("CurrentTime", fault, "Denied")

    with pytest.raises(kind) as caught:
        session.now()

    session.logout()
    assert str(caught.value) == message.format(vcenter.address)


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param("NotAuthenticated", id="the session is gone"),
        pytest.param("SystemError", id="vCenter has trouble"),
        pytest.param(None, id="vCenter is gone"),
    ],
)
def test_logging_out_never_fails(vcenter, credentials, outcome):
    session = login(vcenter.address, credentials, timeout=10)
    if outcome is None:
        session.stub.DropConnections()
        vcenter.server.socket.close()
    else:
        vcenter.refuse("Logout", outcome, "no")

    session.logout()


def test_a_call_that_outlives_the_session_leaves_no_connection_behind(vcenter, credentials):
    session = login(vcenter.address, credentials, timeout=10)
    session.logout()

    session.now()

    assert session.stub.pool == []


def test_an_address_where_nobody_listens_is_named(vcenter, credentials):
    vcenter.server.socket.close()

    with pytest.raises(UnreachableError) as caught:
        login(vcenter.address, credentials, timeout=10)

    assert str(caught.value) == (
        f"{vcenter.address} cannot be reached: [Errno 111] Connection refused."
    )


def test_a_server_that_never_answers_is_named(credentials):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = Address.parse(f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(UnreachableError) as caught:
            login(address, credentials, timeout=0.1)

    assert str(caught.value) == f"{address} cannot be reached: timed out."


@pytest.fixture
def session(vcenter, credentials):
    session = login(vcenter.address, credentials, timeout=10)
    yield session
    session.logout()


@pytest.mark.parametrize(
    ("raised", "kind", "message"),
    [
        pytest.param(
            vim.fault.NotAuthenticated(), SessionError, "{} ended the session.", id="expired"
        ),
        pytest.param(
            vmodl.fault.ManagedObjectNotFound(msg="has been deleted"),
            CallError,
            "{} answered ManagedObjectNotFound: has been deleted",
            id="another fault",
        ),
        pytest.param(
            vmodl.RuntimeFault(),
            CallError,
            "{} answered RuntimeFault: no message",
            id="a fault without message",
        ),
        pytest.param(
            ExpatError("syntax error: line 1, column 0"),
            CallError,
            "{} answered what pyVmomi cannot read: ExpatError: syntax error: line 1, column 0.",
            id="no XML",
        ),
        pytest.param(
            KeyError("urn:vim25 NotYetInvented"),
            CallError,
            "{} answered what pyVmomi cannot read: KeyError: 'urn:vim25 NotYetInvented'.",
            id="a type that is new",
        ),
        pytest.param(
            http.client.RemoteDisconnected("Remote end closed connection without response"),
            UnreachableError,
            "{} cannot be reached: Remote end closed connection without response.",
            id="hung up",
        ),
        pytest.param(
            http.client.IncompleteRead(b"", 5),
            UnreachableError,
            "{} cannot be reached: IncompleteRead(0 bytes read, 5 more expected).",
            id="cut short",
        ),
        pytest.param(
            ssl.SSLEOFError(8, "EOF occurred"),
            UnreachableError,
            "{} cannot be reached: EOF occurred.",
            id="an old connection",
        ),
        pytest.param(
            TimeoutError(), UnreachableError, "{} cannot be reached: TimeoutError.", id="no words"
        ),
    ],
)
def test_whatever_breaks_is_one_of_our_errors(vcenter, session, raised, kind, message):
    with pytest.raises(kind) as caught, session.errors():
        raise raised

    assert str(caught.value) == message.format(vcenter.address)
    assert caught.value.__cause__ is raised


def test_a_certificate_that_changes_during_a_session_is_one_of_our_errors(session):
    error = ssl.SSLCertVerificationError(1, "failed")
    error.verify_message = "certificate has expired"

    with (
        pytest.raises(CertificateError, match=r"is not trusted: certificate has expired\. "),
        session.errors(),
    ):
        raise error


@pytest.mark.parametrize("call", ["RetrieveServiceContent", "Login"])
@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize(
    "body",
    [b"<html><body>Sign in</body></html>", b"Bad gateway", b""],
    ids=["html", "text", "none"],
)
def test_a_proxy_that_answers_in_vcenters_place_is_survived(
    vcenter, credentials, call, status, body
):
    vcenter.calls[call] = (status, body)

    with contextlib.suppress(CallError):
        login(vcenter.address, credentials, timeout=10).logout()


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        ("RetrieveServiceContent", "SystemError"),
        ("Login", "InvalidLogin"),
        ("Login", "NoPermission"),
        ("Login", "NotYetInvented"),
    ],
)
def test_no_error_shows_the_password(vcenter, credentials, call, fault):
    vcenter.refuse(call, fault, "no")

    with pytest.raises(VSphereError) as caught:
        login(vcenter.address, credentials, timeout=10)

    shown = "".join(traceback.format_exception(caught.value))
    assert str(vcenter.address) in shown
    assert "hunter2" not in shown
