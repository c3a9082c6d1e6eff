"""What the adapter tells about itself."""

import http.client
import logging

import pytest

from adapter.monitor import STUCK_SECONDS, Monitor, serve
from adapter.outcome import Answer, Verdict
from adapter.report import Refusal, Report

BUSY = Answer(status=503)


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.INFO, "adapter")
    return caplog


@pytest.fixture
def get():
    """Return a GET of a monitor's own server."""
    servers = []

    def get(monitor, path):
        server = serve(monitor, 0)
        servers.append(server)
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response.status, body

    yield get
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_change_of_the_stream_is_logged_once(log):
    monitor = Monitor()
    for _ in range(3):
        monitor.interrupted("Unreachable", "vc cannot be reached.")
    for _ in range(3):
        monitor.flowing("Reading.")
    monitor.interrupted("Unreachable", "vc cannot be reached.")

    assert [(record.levelname, record.message) for record in log.records] == [
        ("ERROR", "Unreachable: vc cannot be reached."),
        ("INFO", "Streaming: Reading."),
        ("ERROR", "Unreachable: vc cannot be reached."),
    ]
    assert monitor.report == Report(
        streaming=False, reason="Unreachable", message="vc cannot be reached."
    )


def test_trouble_with_the_sink_is_logged_once_and_so_is_its_end(log, make_event):
    monitor = Monitor()
    for _ in range(3):
        monitor.retried(make_event(1), BUSY, 0.2)
    for _ in range(2):
        monitor.recovered()

    assert log.messages == [
        "The sink does not take events (status 503). Nothing is skipped: they are retried.",
        "The sink takes events again.",
    ]


def test_another_trouble_with_the_sink_is_news(log, make_event):
    monitor = Monitor()
    monitor.retried(make_event(1), BUSY, 0.2)
    monitor.retried(make_event(1), Answer(error="Empty reply from server"), 0.4)

    assert log.messages[1].startswith("The sink does not take events (Empty reply from server).")


def test_each_retry_is_there_for_those_who_look_closely(log, make_event):
    log.set_level(logging.DEBUG, "adapter")
    Monitor().retried(make_event(7), BUSY, 1.25)

    assert "Event 7: status 503; next attempt in 1.2 s." in log.messages


@pytest.mark.parametrize(
    ("verdict", "message", "report"),
    [
        pytest.param(
            Verdict.REFUSED,
            "The sink did not take event 7 (VmEvent): status 503, refused.",
            Report(refused_events=1, last_refused=Refusal(id="7", type="VmEvent", code=503)),
            id="refused",
        ),
        pytest.param(
            Verdict.GIVEN_UP,
            "The sink did not take event 7 (VmEvent): status 503, given up.",
            Report(),
            id="given up",
        ),
    ],
)
def test_an_event_that_did_not_arrive_is_logged_and_a_refusal_reported(
    log, make_event, verdict, message, report
):
    monitor = Monitor()
    monitor.lost(verdict, make_event(7), BUSY)

    assert log.messages == [message]
    assert monitor.report == report


def test_health_ends_when_the_delivery_loop_does_not_turn(get):
    now = [0.0]
    monitor = Monitor(clock=lambda: now[0])
    assert get(monitor, "/healthz") == (200, "")

    now[0] += STUCK_SECONDS
    assert get(monitor, "/healthz") == (503, "")

    monitor.turned(0)
    assert get(monitor, "/healthz") == (200, "")


def test_readiness_follows_the_stream(get):
    monitor = Monitor()
    before = get(monitor, "/readyz")
    monitor.flowing("Reading.")
    during = get(monitor, "/readyz")
    monitor.interrupted("Unreachable", "vc cannot be reached.")

    assert (before, during, get(monitor, "/readyz")) == ((503, ""), (200, ""), (503, ""))


def test_an_interrupted_stream_is_no_reason_to_restart(get):
    monitor = Monitor()
    monitor.interrupted("LoginRefused", "Wrong password.")

    assert get(monitor, "/healthz") == (200, "")


def test_metrics_have_these_names(get, make_event):
    monitor = Monitor()
    monitor.read(5)
    monitor.delivered()
    monitor.lost(Verdict.REFUSED, make_event(1), Answer(status=400))
    monitor.lost(Verdict.GIVEN_UP, make_event(2), BUSY)
    monitor.retried(make_event(3), BUSY, 0.2)
    monitor.turned(2)

    status, text = get(monitor, "/metrics")

    samples = [line for line in text.splitlines() if not line.startswith("#")]
    assert status == 200
    assert [line for line in samples if "_created" not in line] == [
        "vsphere_source_events_read_total 5.0",
        'vsphere_source_events_settled_total{outcome="delivered"} 1.0',
        'vsphere_source_events_settled_total{outcome="refused"} 1.0',
        'vsphere_source_events_settled_total{outcome="given_up"} 1.0',
        "vsphere_source_send_failures_total 1.0",
        "vsphere_source_events_unsettled 2.0",
    ]


def test_there_is_nothing_else(get):
    assert get(Monitor(), "/") == (404, "")


def test_a_sink_that_fails_for_a_minute_is_reported_until_it_takes_events_again(make_event):
    now = 0.0
    monitor = Monitor(clock=lambda: now)
    monitor.flowing("Reading.")
    monitor.retried(make_event(1), BUSY, 0.2)
    now = 59.0
    before = monitor.report
    now = 60.0
    during = monitor.report
    monitor.recovered()

    assert (
        before == monitor.report == Report(streaming=True, reason="Streaming", message="Reading.")
    )
    assert during == Report(
        streaming=False,
        reason="SinkFailing",
        message="The sink does not take events (status 503). Nothing is skipped: they are retried. "
        "Look at the sink.",
    )
    assert monitor.reading
