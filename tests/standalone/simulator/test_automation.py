"""The simulator's Automation (REST) API, as any HTTP client sees it."""

import base64
import datetime as dt
import http.client
import json
import urllib.parse

import pytest
from pyVmomi import vim

from standalone.simulator import Simulator

CATEGORIES = "/api/cis/tagging/category"


class Clock:
    now = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def plain(clock):
    with Simulator(tls=False, clock=clock) as running:
        yield running


@pytest.fixture
def ask(plain):
    """Send a request; return status and JSON."""

    def answer(method, path, body=None, **headers):
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(plain.url).netloc)
        try:
            encoded = None if body is None else json.dumps(body)
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, encoded, named)
            response = connection.getresponse()
            text = response.read()
            return response.status, json.loads(text) if text else None
        finally:
            connection.close()

    return answer


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture
def log_in(ask):
    def key(password="pass"):
        status, answer = ask("POST", "/api/session", Authorization=basic("user", password))
        assert status == 201, answer
        return {"vmware_api_session_id": answer}

    return key


def problem(kind, message):
    words = {"id": "simulator", "default_message": message, "args": []}
    return {"error_type": kind, "messages": [words]}


UNAUTHENTICATED = (401, problem("UNAUTHENTICATED", "Authentication required."))


def test_a_session_is_made_looked_at_and_ended(plain, ask, log_in):
    session = log_in()

    assert ask("GET", "/api/session", **session) == (
        200,
        {
            "user": "user",
            "created_time": "2026-05-01T12:00:00.000000Z",
            "last_accessed_time": "2026-05-01T12:00:00.000000Z",
        },
    )
    assert plain.counters.rest_sessions_open == 1
    assert ask("DELETE", "/api/session", **session) == (204, None)
    assert ask("GET", "/api/session", **session) == UNAUTHENTICATED
    assert plain.counters.rest_sessions_open == 0


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(basic("user", "wrong"), id="wrong password"),
        pytest.param(basic("nobody", "pass"), id="unknown user"),
        pytest.param("Bearer abc", id="of another kind"),
        pytest.param("", id="none"),
    ],
)
def test_other_credentials_are_refused_and_counted(plain, ask, header):
    assert ask("POST", "/api/session", Authorization=header) == UNAUTHENTICATED
    assert (plain.counters.logins_attempted, plain.counters.rest_sessions_open) == (1, 0)


@pytest.mark.parametrize("path", ["/api/session", "/api/vcenter/vm", "/api/nothing"])
def test_nothing_but_a_login_is_served_without_a_session(ask, path):
    assert ask("GET", path, vmware_api_session_id="made-up") == UNAUTHENTICATED


def test_a_changed_password_is_taken_from_now_on_and_sessions_stay(plain, ask, log_in):
    session = log_in()
    plain.change_password("other")

    assert ask("POST", "/api/session", Authorization=basic("user", "pass")) == UNAUTHENTICATED
    assert ask("GET", "/api/session", **log_in("other"))[0] == 200
    assert ask("GET", "/api/session", **session)[0] == 200


def test_sessions_of_both_apis_end_when_told(vcenter, login):
    service = login(vcenter)

    vcenter.faults.expire_sessions()

    with pytest.raises(vim.fault.NotAuthenticated):
        service.CurrentTime()


def test_a_rest_session_ends_when_told(plain, ask, log_in):
    session = log_in()

    plain.faults.expire_sessions()

    assert ask("GET", "/api/session", **session) == UNAUTHENTICATED


def test_a_session_that_nobody_uses_ends_after_the_idle_limit(plain, clock, ask, log_in):
    plain.faults.idle_limit = dt.timedelta(minutes=30)
    session = log_in()

    for minutes, status in ((30, 200), (30, 200), (31, 401)):
        clock.now += dt.timedelta(minutes=minutes)
        assert ask("GET", "/api/vcenter/vm", **session)[0] == status
    assert plain.counters.rest_sessions_open == 0


def test_so_does_one_of_the_web_services_api(clock, login):
    with Simulator(clock=clock) as vcenter:
        vcenter.faults.idle_limit = dt.timedelta(minutes=30)
        service = login(vcenter)
        for _ in range(2):
            clock.now += dt.timedelta(minutes=30)
            service.CurrentTime()

        clock.now += dt.timedelta(minutes=31)

        assert vcenter.counters.sessions_open == 0
        with pytest.raises(vim.fault.NotAuthenticated):
            service.CurrentTime()


def test_without_a_limit_sessions_live_on(clock, ask, log_in):
    session = log_in()
    clock.now += dt.timedelta(days=400)

    assert ask("GET", "/api/session", **session)[0] == 200


def test_machines_are_listed_chosen_by_name_and_shown(ask, log_in):
    session = log_in()
    status, machines = ask("GET", "/api/vcenter/vm", **session)

    assert (status, len(machines), machines[0]) == (
        200,
        300,
        {"vm": "vm-1001", "name": "web-prod-01"},
    )
    chosen = ask("GET", "/api/vcenter/vm?names=db-test-02&names=nothing", **session)
    assert chosen == (200, [{"vm": "vm-1053", "name": "db-test-02"}])
    assert ask("GET", "/api/vcenter/vm/vm-1053", **session) == (200, {"name": "db-test-02"})


def test_categories_are_made_read_changed_and_deleted(ask, log_in):
    session = log_in()
    status, category = ask("POST", CATEGORIES, {"name": "tier"}, **session)
    path = f"{CATEGORIES}/{category}"

    assert status == 201
    assert ask("PATCH", path, {"name": "stage"}, **session) == (204, None)
    assert ask("GET", path, **session) == (200, {"id": category, "name": "stage"})
    assert ask("GET", CATEGORIES, **session) == (200, [category])
    assert ask("DELETE", path, **session) == (204, None)
    assert ask("GET", CATEGORIES, **session) == (200, [])


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        pytest.param(
            ("GET", "/api/vcenter/vm/vm-1", None),
            (404, problem("NOT_FOUND", "The simulator does not know /api/vcenter/vm/vm-1.")),
            id="no such machine",
        ),
        pytest.param(
            ("POST", "/api/vcenter/vm", {}),
            (404, problem("NOT_FOUND", "The simulator does not know /api/vcenter/vm.")),
            id="not simulated",
        ),
        pytest.param(
            ("POST", CATEGORIES, [1]),
            (400, problem("INVALID_ARGUMENT", "The body must be a JSON object.")),
            id="no object",
        ),
        pytest.param(
            ("POST", CATEGORIES, None),
            (400, problem("INVALID_ARGUMENT", "The body must be a JSON object.")),
            id="no body",
        ),
    ],
)
def test_what_it_does_not_know_is_told(ask, log_in, request_, answer):
    assert ask(*request_, **log_in()) == answer


def test_the_older_path_is_not_served(ask):
    header = basic("user", "pass")

    assert ask("POST", "/rest/com/vmware/cis/session", Authorization=header) == (404, None)
