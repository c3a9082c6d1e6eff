"""A Service: who gets which request, and what comes back."""

import contextlib
import http.client

import pytest

from standalone.kubelet.service import Endpoint, Forwarder
from standalone.server import Response

SERVICE = {
    "metadata": {"name": "hooks", "namespace": "system"},
    "spec": {"selector": {"app": "hooks"}, "ports": [{"port": 80, "targetPort": "http"}]},
}


def pod(name, port, *, namespace="system", app="hooks"):
    labels = {"app": app, "pod-template-hash": "1"}
    container = {"name": "hooks", "ports": [{"name": "http", "containerPort": 8080}]}
    return Endpoint(
        pod={
            "metadata": {"name": name, "namespace": namespace, "labels": labels},
            "spec": {"containers": [container]},
        },
        ports={8080: port},
    )


class World:
    """Pods that answer with their name, behind a Service."""

    def __init__(self, serve):
        self.pods, self.got, self.seen = [], [], []
        self._serve = serve
        self.service = Forwarder(SERVICE, lambda: self.pods, port=0, observed=self.seen.append)

    def start(self, name, **changes):
        def respond(request):
            self.got.append((name, request.method, request.path, request.body))
            headers = {"Retry-After": "5", "X-Asked": request.headers["X-Asked"]}
            return Response(status=429, body=name.encode(), headers=headers)

        self.pods.append(pod(name, self._serve(respond), **changes))

    def ask(self, connection, body=b"{}"):
        connection.request("POST", "/sync?rev=1", body, {"X-Asked": "yes"})
        with contextlib.closing(connection.getresponse()) as answer:
            return answer.status, answer.read(), answer.headers

    def answer(self):
        """The body of one answer."""
        with contextlib.closing(self.connect()) as connection:
            return self.ask(connection)[1]

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=20)


@pytest.fixture
def world(serve):
    made = World(serve)
    yield made
    made.service.close()


def test_request_and_answer_go_through_whole(world):
    world.start("one")

    with contextlib.closing(world.connect()) as connection:
        status, body, headers = world.ask(connection, b'{"parent": {}}')

    assert world.got == [("one", "POST", "/sync?rev=1", b'{"parent": {}}')]
    assert (status, body) == (429, b"one")
    assert (headers["Retry-After"], headers["X-Asked"]) == ("5", "yes")


def test_pods_take_turns_within_one_connection(world):
    world.start("one")
    world.start("two")

    with contextlib.closing(world.connect()) as connection:
        bodies = [world.ask(connection)[1] for _ in range(4)]

    assert bodies == [b"one", b"two", b"one", b"two"]


def test_pods_of_others_get_nothing(world):
    world.start("stranger", app="other")
    world.start("elsewhere", namespace="default")
    world.start("one")

    assert [world.answer() for _ in range(3)] == [b"one"] * 3


def test_without_a_ready_pod_the_connection_is_closed_until_there_is_one(world):
    with pytest.raises(http.client.RemoteDisconnected):
        world.answer()

    world.start("one")

    assert world.answer() == b"one"


def test_of_a_pod_that_dies_no_answer_comes(world, serve):
    world.pods.append(pod("dying", serve(lambda _: None)))

    with pytest.raises(http.client.RemoteDisconnected):
        world.answer()


def test_whoever_watches_sees_requests_and_answers(world):
    with contextlib.suppress(http.client.RemoteDisconnected):
        world.answer()
    world.start("one")
    world.answer()

    unanswered, answered = world.seen
    assert (unanswered.request.body, unanswered.endpoint, unanswered.response) == (
        b"{}",
        None,
        None,
    )
    assert (answered.endpoint.name, answered.response.body) == ("one", b"one")
    assert [seen.request.body for seen in world.seen] == [b"{}", b"{}"]
