"""The law of sessions: whatever happens, each that was opened is logged out, once."""

import dataclasses
import threading
import time
from concurrent import futures

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vsphere import Credentials, LoginError, SessionError, UnreachableError
from vsphere.keeper import REFUSED_SECONDS, Keeper, keeping


@dataclasses.dataclass
class Session:
    """A session of a made-up server; it is over when expired or logged out."""

    server: "Server"
    user: str
    over: bool = False
    logouts: int = 0

    def alive(self):
        if self.server.down:
            raise UnreachableError("It is down.")
        return not self.over

    def logout(self):
        self.over = True
        self.logouts += 1


class Server:
    """Logs in whoever knows `password`; a client's Secret is `secret`, and `time` its clock."""

    def __init__(self):
        self.sessions = []
        self.attempts = 0
        self.password = self.secret = 0
        self.down = False
        self.time = 0.0

    def login(self, credentials):
        self.attempts += 1
        if self.down:
            raise UnreachableError("It is down.")
        if credentials.password != str(self.password):
            raise LoginError("Wrong.")
        self.sessions.append(Session(self, credentials.username))
        return self.sessions[-1]

    def read(self):
        return Credentials(username="root", password=str(self.secret))

    def expire(self):
        for session in self.sessions:
            session.over = True

    def keeper(self):
        return Keeper(self.login, self.read, clock=lambda: self.time)

    @property
    def open(self):
        return [session for session in self.sessions if not session.over]


def call(keeper):
    """Call something as both clients do."""
    session = keeper.session
    if session.over:
        session = keeper.replace(session)
    return not session.over


def attempt(operation):
    try:
        return operation()
    except (LoginError, UnreachableError):
        return None


EVENTS = {
    "call": lambda _server, keeper: attempt(lambda: call(keeper)),
    "check": lambda _server, keeper: keeper.check(),
    "expire": lambda server, _keeper: server.expire(),
    "rotate": lambda server, _keeper: setattr(server, "password", server.password + 1),
    "mount": lambda server, _keeper: setattr(server, "secret", server.password),
    "down": lambda server, _keeper: setattr(server, "down", True),
    "up": lambda server, _keeper: setattr(server, "down", False),
    "wait": lambda server, _keeper: setattr(server, "time", server.time + REFUSED_SECONDS),
}


@given(st.lists(st.sampled_from(sorted(EVENTS))))
def test_whatever_happens_every_session_is_logged_out_once_and_one_is_open_at_a_time(names):
    server = Server()
    keeper = server.keeper()
    for name in names:
        EVENTS[name](server, keeper)
        assert len(server.open) <= 1
    keeper.close()

    assert [session.logouts for session in server.sessions] == [1] * len(server.sessions)
    with pytest.raises(SessionError):
        call(keeper)


@given(st.lists(st.sampled_from(sorted(EVENTS))))
def test_whatever_happened_it_works_again_once_the_server_and_the_secret_are_right(names):
    server = Server()
    keeper = server.keeper()
    for name in [*names, "up", "mount", "wait"]:
        EVENTS[name](server, keeper)

    assert call(keeper)


@given(st.lists(st.sampled_from(["call", "check", "expire"])))
def test_refused_credentials_are_tried_once_while_nothing_changes(names):
    server = Server()
    keeper = server.keeper()
    server.password = 1
    server.expire()
    for name in names:
        EVENTS[name](server, keeper)

    assert server.attempts <= 2


@given(st.lists(st.sampled_from(["check", "expire", "wait"])))
def test_refused_credentials_are_never_tried_again_while_nobody_calls(names):
    server = Server()
    keeper = server.keeper()
    server.password = 1
    for name in names:
        EVENTS[name](server, keeper)

    assert server.attempts <= 2


def test_refused_credentials_are_tried_again_by_a_call_after_a_while():
    server = Server()
    keeper = server.keeper()
    server.password = 1
    server.expire()
    EVENTS["call"](server, keeper)
    server.password = 0
    server.time += REFUSED_SECONDS

    assert call(keeper)


def test_credentials_that_were_refused_once_are_as_good_as_others_when_they_work_again():
    server = Server()
    keeper = server.keeper()
    server.password = 1
    server.expire()
    EVENTS["call"](server, keeper)
    server.password = 0
    server.time += REFUSED_SECONDS
    EVENTS["call"](server, keeper)
    server.expire()

    keeper.check()

    assert len(server.open) == 1


def test_the_end_waits_for_a_look_that_is_under_way():
    looking, closed = threading.Event(), threading.Event()

    class Slow(Session):
        def alive(self):
            looking.set()
            closed.wait(30)
            time.sleep(0.05)
            return True

        def logout(self):
            closed.set()

    with keeping(lambda _: Slow(None, "root"), Server().read, seconds=0.001):
        looking.wait(30)

    assert "vsphere-keep-alive" not in [thread.name for thread in threading.enumerate()]


def test_many_threads_that_find_the_session_expired_log_in_once():
    server = Server()
    keeper = server.keeper()
    server.expire()
    stale = keeper.session

    with futures.ThreadPoolExecutor(16) as pool:
        replaced = set(map(id, pool.map(lambda _: keeper.replace(stale), range(64))))

    assert (len(replaced), server.attempts) == (1, 2)


def test_a_first_login_that_fails_is_told():
    server = Server()
    server.down = True

    with pytest.raises(UnreachableError):
        server.keeper()
