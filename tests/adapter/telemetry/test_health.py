"""What probes and Prometheus are answered."""

import contextlib
import http.client
import logging
import socket
import struct

import pytest

from adapter.sending.outcome import Answer
from adapter.telemetry.health import serve
from adapter.telemetry.heartbeat import GRACE_SECONDS
from adapter.telemetry.monitor import Monitor
from adapter.telemetry.trouble import PATIENCE_SECONDS

OK = (200, "ok\n")


class World:
    """A monitor whose clock is set by hand, behind its own server."""

    def __init__(self):
        self.now = 0.0
        self.monitor = Monitor(clock=lambda: self.now)
        self.server = serve(self.monitor, 0)
        self.address = ("127.0.0.1", self.server.server_address[1])

    def get(self, path, *, method="GET"):
        connection = http.client.HTTPConnection(*self.address, timeout=10)
        connection.request(method, path)
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response.status, body

    def turn(self):
        self.monitor.turned(unsettled=0, in_flight=0, oldest=None, full=False)


@pytest.fixture
def world():
    world = World()
    yield world
    world.server.shutdown()
    world.server.server_close()


def test_health_ends_when_the_delivery_loop_does_not_turn(world):
    before = world.get("/healthz")
    world.now += GRACE_SECONDS
    during = world.get("/healthz")
    world.turn()

    assert (before, during, world.get("/healthz")) == (OK, (503, "stuck: delivery\n"), OK)


def test_health_ends_when_the_reader_breaks_its_promise(world):
    world.monitor.alive_for(30)
    world.now += 30 + GRACE_SECONDS
    world.turn()

    assert world.get("/healthz") == (503, "stuck: reader\n")


@pytest.mark.parametrize(
    ("promised", "waits"),
    [
        pytest.param(90, 60, id="a long poll"),
        pytest.param(960, 900, id="the longest wait before a login"),
        pytest.param(float("inf"), 86400, id="a sink that is down for a day"),
    ],
)
def test_a_reader_that_waits_as_it_said_is_well(world, promised, waits):
    world.monitor.alive_for(promised)
    world.now += waits
    world.turn()

    assert world.get("/healthz") == OK


def test_where_it_is_stuck_is_logged_before_kubernetes_ends_it(world, caplog):
    world.now += GRACE_SECONDS
    with caplog.at_level(logging.ERROR, "adapter"):
        world.get("/healthz")

    [record] = caplog.records
    assert record.message.startswith("Stuck: delivery.\n")
    _, _, stack = record.message.partition("\nMainThread:\n")
    assert "test_where_it_is_stuck" in stack


def test_neither_vcenter_nor_the_sink_is_a_reason_to_restart(world, make_event):
    world.monitor.interrupted("LoginRefused", "Wrong password.")
    world.monitor.retried(make_event(1), Answer(status=503), 30.0)
    for _ in range(100):
        world.now += GRACE_SECONDS / 2
        world.turn()

    assert world.get("/healthz") == OK


def test_readiness_follows_the_stream(world):
    before = world.get("/readyz")
    world.monitor.flowing("Reading.")
    during = world.get("/readyz")
    world.monitor.interrupted("Unreachable", "vc cannot be reached.")

    assert (before, during, world.get("/readyz")) == (
        (503, "Starting: The adapter has not logged in yet.\n"),
        (200, "Streaming: Reading.\n"),
        (503, "Unreachable: vc cannot be reached.\n"),
    )


def test_readiness_ends_when_the_sink_takes_nothing_for_long(world, make_event):
    world.monitor.flowing("Reading.")
    world.monitor.retried(make_event(1), Answer(status=503), 30.0)
    soon = world.get("/readyz")
    world.now += PATIENCE_SECONDS
    status, said = world.get("/readyz")
    world.monitor.delivered(make_event(1), 0.1)

    assert (soon, world.get("/readyz")) == ((200, "Streaming: Reading.\n"),) * 2
    assert (status, said[:12]) == (503, "SinkFailing:")


def test_metrics_are_served_as_text(world):
    world.monitor.read(5)

    status, text = world.get("/metrics")

    assert status == 200
    assert "vsphere_source_events_read_total 5.0\n" in text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "/", id="another path"),
        pytest.param("POST", "/healthz", id="another method"),
    ],
)
def test_there_is_nothing_else(world, method, path):
    nothing = (404, "There are /healthz, /readyz and /metrics.\n")

    assert world.get(path, method=method) == nothing


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\x00\r\n\r\n", id="no HTTP"),
        pytest.param(b"GET /healthz HTTP/1.1\r\n" + 200 * b"a: b\r\n", id="headers without end"),
        pytest.param(b"G" * 100_000, id="a line without end"),
    ],
)
def test_whatever_else_is_said_there_the_next_is_answered(world, said, capfd):
    world.turn()
    with contextlib.suppress(ConnectionError), socket.create_connection(world.address) as plain:
        plain.sendall(said)
        plain.shutdown(socket.SHUT_WR)
        while plain.recv(4096):
            pass

    assert world.get("/healthz") == OK
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("said", [b"", b"GET /metrics", b"GET /metrics HTTP/1.1\r\n\r\n"])
def test_a_client_that_hangs_up_is_not_worth_a_line(world, said, capfd):
    world.turn()
    for _ in range(5):
        with socket.create_connection(world.address) as client:
            # Closed so, it is reset.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.sendall(said)

    assert world.get("/healthz") == OK
    assert capfd.readouterr() == ("", "")


def test_a_fault_in_an_answer_is_logged_and_the_next_is_answered(world, caplog, capfd):
    def fail():
        raise LookupError("odd")

    world.turn()
    world.monitor.metrics.streaming.set_function(fail)
    with caplog.at_level(logging.ERROR, "adapter"), pytest.raises(ConnectionError):
        world.get("/metrics")

    [record] = caplog.records
    assert record.message == "A request to the metrics port cannot be answered."
    assert record.exc_text.endswith("LookupError: odd")
    assert world.get("/healthz") == OK
    assert capfd.readouterr() == ("", "")


def test_who_is_slow_to_ask_holds_up_nobody(world):
    world.turn()
    with socket.create_connection(world.address):
        assert world.get("/healthz") == OK
