"""The simulator as a process, and its knobs."""

import http.client
import json
import pathlib
import re
import signal
import subprocess
import sys
import urllib.parse
from types import SimpleNamespace

import pytest

from standalone.server import Server
from standalone.simulator.control import Control
from standalone.simulator.load import SERIES

ROOT = pathlib.Path(__file__).parents[3]


def ask(control, method, path, body=None):
    """Turn a knob; return status and JSON."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(control).netloc)
    try:
        connection.request(method, path, None if body is None else json.dumps(body))
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def keys(page):
    return [event.key for event in page]


@pytest.fixture
def turn(vcenter, now):
    """Turn a knob of the simulator, which is expected to work unless told otherwise."""
    control = Control(vcenter, clock=lambda: now)
    server = Server(control.respond, port=0, tls=None)

    def turned(path, body=None, *, method="POST", status=200):
        answer = ask(f"http://127.0.0.1:{server.port}", method, path, body)
        assert answer[0] == status, answer
        return answer[1]

    yield turned
    server.close()
    control.close()


def test_events_happen_as_told(turn, vcenter, login, collect):
    collector = collect(login(vcenter))

    answer = turn("/events", {"count": 3, "machines": 2, "created": "2026-05-01T10:00:00Z"})

    assert answer == {"count": 3, "first_key": 1, "last_key": 3}
    assert [
        (event.key, event.vm.name, f"{event.createdTime:%H:%M}")
        for event in collector.ReadNextEvents(10)
    ] == [(1, "web-prod-01", "10:00"), (2, "app-prod-01", "10:00"), (3, "web-prod-01", "10:00")]


def test_events_happen_now_once_and_visibly_unless_told_otherwise(turn, vcenter, now):
    turn("/events")
    turn("/events", {"hidden": True})
    turn("/events", {"count": 2, "seconds": 60})

    assert [(now - record.created).seconds for record in vcenter.history.read().records] == [
        0,
        0,
        60,
        0,
    ]
    assert turn("/keys", method="GET") == [1, 3, 4]


def test_a_feed_runs_until_its_rate_is_nothing(turn, vcenter, eventually):
    turn("/feed", {"rate": 1000, "series": "types", "types": 3})
    eventually(lambda: vcenter.history.end > 10)

    turn("/feed", {"rate": 0})

    ended = vcenter.history.end
    assert turn("/counters", method="GET")["events_appended"] == ended
    assert b"type0002" in vcenter.history.read().records[2].xml


def test_counters_tell_what_is_open(turn, vcenter, login, collect, powered_on):
    vcenter.history.append(powered_on)
    service = login(vcenter)
    collect(service).ReadNextEvents(10)
    service.content.propertyCollector.CreatePropertyCollector()

    counters = turn("/counters", method="GET")

    calls = counters.pop("calls")
    assert counters == {
        "logins_attempted": 1,
        "pages_read": 1,
        "sessions_open": 1,
        "collectors_open": 1,
        "sessions_unused": 0,
        "collectors_most": 1,
        "rest_sessions_open": 0,
        "property_collectors_open": 1,
        "waits_open": 0,
        "events_appended": 1,
        "last_key": 1,
    }
    assert calls["EventHistoryCollector.ReadNextEvents"] == 1


def test_faults_are_set_together_and_told(turn, vcenter):
    before = turn("/faults", method="GET")
    wanted = {
        "down": True,
        "delay_seconds": 2,
        "black_hole": ["*"],
        "cut": "short",
        "cut_count": 1,
        "refused": {"ServiceInstance.CurrentTime": "NotSupported"},
    }

    assert turn("/faults", wanted) == before | wanted
    assert (vcenter.faults.down, vcenter.faults.black_hole) == (True, {"*"})
    assert turn("/faults", before) == before


def test_every_fault_can_be_set_but_the_idle_limit(turn, vcenter):
    states = {"sessions", "rest_sessions", "idle_limit"}

    assert set(turn("/faults", method="GET")) == set(vars(vcenter.faults)) - states


def test_sessions_and_collectors_end_as_told(turn, vcenter, login, collect, powered_on):
    collector = collect(login(vcenter))
    turn("/stall-collectors")
    vcenter.history.append(powered_on)
    assert keys(collector.ReadNextEvents(10)) == []

    turn("/expire-sessions")

    assert vcenter.counters.sessions_open == 0


def test_connections_end_as_told(turn, vcenter, login):
    service = login(vcenter)

    turn("/hang-up")

    with pytest.raises((OSError, http.client.HTTPException)):
        service.CurrentTime()
    assert service.CurrentTime()


def test_a_restart_and_new_keys(turn, vcenter, login, powered_on):
    login(vcenter)
    turn("/number-from", {"key": 2147483647})
    vcenter.history.extend([powered_on] * 2)

    turn("/restart", {"first_key": 1})
    vcenter.history.append(powered_on)
    turn("/restart", {})
    vcenter.history.append(powered_on)

    assert turn("/keys", method="GET") == [2147483647, -2147483648, 1, 2]
    assert vcenter.counters.sessions_open == 0


def test_retention_as_told(turn):
    turn("/events", {"count": 3, "seconds": 2})

    assert turn("/forget", {"before": "2026-05-01T11:59:59"}) == {"kept": 2}


FAULTS = (
    "down, unavailable, delay_seconds, black_hole, cut, cut_count, refuse_login, refused, "
    "session_limit, collector_limit, stall_after, order_by_key, compress"
)


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        pytest.param(
            "/faults", {"dwon": True}, f"dwon is not known here, but {FAULTS}.", id="typo"
        ),
        pytest.param("/faults", {"down": 1}, "down must be given as bool.", id="no switch"),
        pytest.param(
            "/faults",
            {"collector_limit": True},
            "collector_limit must be given as int.",
            id="no number",
        ),
        pytest.param(
            "/faults",
            {"cut": "long"},
            "cut must be null or one of short, broken, hanging.",
            id="no such cut",
        ),
        pytest.param(
            "/events",
            {"series": "x"},
            "series must be one of power, types, unknown, newer, control, plausible.",
            id="no such series",
        ),
        pytest.param(
            "/events",
            {"machines": 0},
            "machines and types must be 1 or more.",
            id="no machines",
        ),
        pytest.param(
            "/events",
            {"created": "noon"},
            "created must be an ISO 8601 time, not 'noon'.",
            id="no time",
        ),
        pytest.param("/forget", {}, "before must be given as str.", id="nothing given"),
        pytest.param("/events", [1], "The body must be a JSON object.", id="a list"),
    ],
)
def test_a_wrong_wish_is_explained(turn, path, body, error):
    assert turn(path, body, status=400) == {"error": error}


def test_an_unknown_knob_names_the_others(turn):
    assert turn("/", status=404)["error"].startswith("There are GET /counters, GET /keys, ")


def test_the_documentation_names_every_knob_and_series(turn):
    page = (ROOT / "docs" / "standalone.md").read_text()
    knobs = re.findall(r"/[a-z-]+", turn("/", status=404)["error"])

    assert [name for name in knobs if name not in page] == []
    assert [name for name in SERIES if f"`{name}`" not in page] == []


@pytest.fixture
def process():
    """Start the simulator with such arguments, and end it."""
    running = []

    def started(*arguments):
        command = [sys.executable, "-m", "standalone.simulator", *arguments]
        running.append(
            subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        )
        return running[-1]

    yield started
    for one in running:
        one.terminate()
        one.communicate(timeout=20)


def test_a_process_serves_until_it_is_ended(process, login, collect, tmp_path):
    (tmp_path / "password").write_text("pass\n")
    running = process("--control-port", "0", "--password-file", str(tmp_path / "password"))
    told = json.loads(running.stdout.readline())
    vcenter = SimpleNamespace(url=told["url"], certificate=told["certificate"])

    assert ask(told["control"], "POST", "/events", {"count": 2})[0] == 200
    assert keys(collect(login(vcenter)).ReadNextEvents(10)) == [1, 2]

    running.send_signal(signal.SIGTERM)
    assert (running.wait(20), running.stderr.read()) == (0, "")


def test_a_process_has_knobs_only_if_asked(process, login):
    told = json.loads(process("--no-tls", "--esxi").stdout.readline())
    host = SimpleNamespace(url=told["url"], certificate=told["certificate"])

    assert (told["control"], told["certificate"]) == (None, None)
    assert login(host).content.about.apiType == "HostAgent"


def test_a_port_in_use_ends_the_process(process, vcenter):
    port = str(urllib.parse.urlsplit(vcenter.url).port)

    running = process("--port", port)

    assert running.wait(20) == 2
    assert running.stderr.read() == (
        f"The simulator cannot listen on 127.0.0.1:{port} (Address already in use):"
        " choose another port, or 0 for any that is free.\n"
    )
