"""The law of sessions: whatever happens, each that was opened is logged out, once."""

import dataclasses
import itertools
import threading
from concurrent import futures

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vsphere import Credentials, LoginError, SessionError, UnreachableError
from vsphere import keeper as keeper_module
from vsphere.keeper import Keeper, keeping
from vsphere.restraint import LOGINS, LOGINS_SECONDS, REFUSED_SECONDS


@dataclasses.dataclass
class Session:
    """A session of a made-up server; it is over when expired or logged out."""

    server: "Server"
    user: str
    over: bool = False
    logouts: int = 0
    address: str = "https://vcenter.example.com/sdk"

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
    except (LoginError, SessionError, UnreachableError):
        return None


EVENTS = {
    "call": lambda _server, keeper: attempt(lambda: call(keeper)),
    "check": lambda _server, keeper: keeper.check(),
    "expire": lambda server, _keeper: server.expire(),
    "rotate": lambda server, _keeper: setattr(server, "password", server.password + 1),
    "mount": lambda server, _keeper: setattr(server, "secret", server.password),
    "down": lambda server, _keeper: setattr(server, "down", True),
    "up": lambda server, _keeper: setattr(server, "down", False),
    "wait": lambda server, _keeper: setattr(
        server, "time", server.time + max(REFUSED_SECONDS, LOGINS_SECONDS)
    ),
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


@given(st.lists(st.sampled_from(["call", "check", "expire"])))
def test_a_server_that_ends_every_session_gets_no_storm_of_logins(names):
    server = Server()
    keeper = server.keeper()
    for name in names:
        EVENTS[name](server, keeper)

    assert len(server.sessions) <= 1 + LOGINS


def test_whoever_calls_meanwhile_is_told_why_there_is_no_login():
    server = Server()
    keeper = server.keeper()
    for _ in range(LOGINS):
        server.expire()
        assert call(keeper)
    server.expire()

    with pytest.raises(SessionError) as caught:
        call(keeper)

    assert str(caught.value) == (
        "https://vcenter.example.com/sdk ended 5 sessions within 60 seconds: no other is opened "
        "until these are over. Find out who ends them, or whether a load balancer sends calls to "
        "another vCenter than logins."
    )
    server.time += LOGINS_SECONDS
    assert call(keeper)


def test_the_end_waits_for_a_look_that_is_under_way():
    looking, done = threading.Event(), []

    class Slow(Session):
        def alive(self):
            looking.set()
            threading.Event().wait(0.05)
            done.append("looked")
            return True

        def logout(self):
            done.append("logged out")

    with keeping(lambda _: Slow(None, "root"), Server().read, seconds=0.001):
        looking.wait(30)

    assert done[-2:] == ["looked", "logged out"]
    assert "vsphere-keep-alive" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize("hung", ["alive", "logout"])
def test_the_end_does_not_wait_for_a_server_that_does_not_answer(monkeypatch, hung):
    monkeypatch.setattr(keeper_module, "CLOSING_SECONDS", 0.01)
    asked, answer = threading.Event(), threading.Event()

    def hang(_):
        asked.set()
        return answer.wait(30)

    session = type("Hung", (Session,), {hung: hang})(Server(), "root")
    with keeping(lambda _: session, Server().read, seconds=0.001):
        if hung == "alive":
            asked.wait(30)

    [left] = [thread for thread in threading.enumerate() if thread.name == "vsphere-keep-alive"]
    assert asked.is_set()
    answer.set()
    left.join()


def test_a_session_that_cannot_be_looked_after_is_logged_out(monkeypatch):
    server = Server()

    def start(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(RuntimeError), keeping(server.login, server.read, seconds=60):
        pytest.fail("It began.")

    assert [session.logouts for session in server.sessions] == [1]


def test_many_threads_that_find_the_session_expired_log_in_once():
    server = Server()
    keeper = server.keeper()
    server.expire()
    stale = keeper.session

    with futures.ThreadPoolExecutor(16) as pool:
        replaced = set(map(id, pool.map(lambda _: keeper.replace(stale), range(64))))

    assert (len(replaced), server.attempts) == (1, 2)


class Crowd:
    """Threads that all found the session expired, while the login of one of them hangs."""

    SIZE = 8

    def __init__(self, pool):
        self.server = Server()
        self.answer = threading.Event()
        waiting = threading.Semaphore(0)

        class Noticed(Keeper):
            def _await(self, *arguments):
                waiting.release()  # under the lock: nothing happens before the thread waits
                super()._await(*arguments)

        self.keeper = Noticed(self._login, self.server.read)
        self.stale = self.keeper.session
        self.stale.over = True
        self.calls = [pool.submit(self.keeper.replace, self.stale) for _ in range(self.SIZE)]
        for _ in range(self.SIZE - 1):
            waiting.acquire(timeout=30)

    def _login(self, credentials):
        if self.server.sessions:
            self.answer.wait(30)
        return self.server.login(credentials)


@pytest.fixture
def crowd():
    with futures.ThreadPoolExecutor(Crowd.SIZE) as pool:
        yield Crowd(pool)


def test_who_waits_for_a_login_gets_its_session(crowd):
    crowd.answer.set()

    assert {id(call.result()) for call in crowd.calls} == {id(crowd.keeper.session)}
    assert crowd.server.attempts == 2


def test_who_waits_for_a_login_gets_its_error(crowd):
    crowd.server.down = True
    crowd.answer.set()

    errors = {call.exception() for call in crowd.calls}

    assert [str(error) for error in errors] == ["It is down."]
    assert crowd.server.attempts == 2


def test_nobody_waits_for_the_logout_of_the_session_before(crowd):
    end = threading.Event()
    crowd.stale.logout = lambda: end.wait(60)
    crowd.answer.set()

    told = itertools.islice(futures.as_completed(crowd.calls, timeout=30), Crowd.SIZE - 1)
    assert [call.result() is crowd.keeper.session for call in told] == [True] * (Crowd.SIZE - 1)

    end.set()


def test_nobody_waits_for_a_login_when_the_client_is_closed(crowd):
    crowd.keeper.stop()

    told = itertools.islice(futures.as_completed(crowd.calls, timeout=30), Crowd.SIZE - 1)
    assert [type(call.exception()) for call in told] == [SessionError] * (Crowd.SIZE - 1)

    crowd.answer.set()
    crowd.keeper.close()
    assert [session.logouts for session in crowd.server.sessions] == [1, 1]


def test_a_first_login_that_fails_is_told():
    server = Server()
    server.down = True

    with pytest.raises(UnreachableError):
        server.keeper()
