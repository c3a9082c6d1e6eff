"""A Service that speaks TLS: bytes go to one of its pods and back, and nobody looks at them."""

import contextlib
import datetime as dt
import http.client
import socket
import ssl

import pytest

from standalone.kubelet.service import Endpoint
from standalone.kubelet.tunnel import Tunnel
from standalone.server import Response, Server
from standalone.simulator import certificate

SERVICE = {
    "metadata": {"name": "webhook", "namespace": "system"},
    "spec": {"selector": {"app": "webhook"}, "ports": [{"port": 443, "targetPort": "https"}]},
}
AUTHORITY, TLS = certificate.self_signed(dt.datetime.now(dt.UTC))
BODY = b"x" * 1_000_000


def pod(name, port, **labels):
    container = {"name": "webhook", "ports": [{"name": "https", "containerPort": 8443}]}
    metadata = {"name": name, "namespace": "system", "labels": {"app": "webhook"} | labels}
    found = {"metadata": metadata, "spec": {"containers": [container]}}
    return Endpoint(pod=found, ports={8443: port})


class World:
    """Pods that answer with their name and what they were sent, behind a tunnel."""

    def __init__(self, stack):
        self.pods, self.servers = [], {}
        self._stack = stack
        self.tunnel = Tunnel(SERVICE, lambda: self.pods, port=0)
        stack.callback(self.tunnel.close)

    def start(self, name, **labels):
        def respond(request):
            return Response(status=200, body=name.encode() + request.body)

        server = self.servers[name] = Server(respond, port=0, tls=TLS)
        self._stack.callback(server.close)
        self.pods.append(pod(name, server.port, **labels))

    def connect(self):
        context = ssl.create_default_context(cadata=AUTHORITY)
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.tunnel.port, timeout=20, context=context
        )
        return contextlib.closing(connection)

    def ask(self, connection, body=b""):
        connection.request("POST", "/", body)
        with contextlib.closing(connection.getresponse()) as answer:
            return answer.read()


@pytest.fixture
def world():
    with contextlib.ExitStack() as stack:
        yield World(stack)


def test_the_certificate_of_the_pod_is_what_a_client_sees(world):
    world.start("one")

    with world.connect() as connection:
        assert world.ask(connection, BODY) == b"one" + BODY


def test_connections_take_turns_and_each_stays_with_its_pod(world):
    world.start("one")
    world.start("two")
    world.start("stranger", app="other")

    with world.connect() as first, world.connect() as second, world.connect() as third:
        answers = [world.ask(each) for each in (first, second, third) for _ in range(2)]

    assert answers == [b"one"] * 2 + [b"two"] * 2 + [b"one"] * 2


def test_without_a_pod_a_connection_ends_at_once(world):
    with socket.create_connection(("127.0.0.1", world.tunnel.port), timeout=20) as connection:
        assert connection.recv(1) == b""


def test_when_the_pod_goes_its_connections_end(world):
    world.start("one")
    with world.connect() as connection:
        world.ask(connection)
        world.servers["one"].hang_up()

        with pytest.raises(http.client.RemoteDisconnected):
            world.ask(connection)


def test_it_closes_under_open_connections(world):
    world.start("one")
    with world.connect() as connection:
        world.ask(connection)

        world.tunnel.close()

        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            world.ask(connection)
