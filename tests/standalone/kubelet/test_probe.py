"""When a container is ready, and when it is lost."""

import contextlib
import datetime as dt

import pytest

from standalone.kubelet.probe import Liveness, is_ready
from standalone.server import Response, Server
from standalone.simulator import certificate

PROBE = {
    "httpGet": {"path": "/healthz", "port": "http"},
    "periodSeconds": 10,
    "timeoutSeconds": 5,
    "failureThreshold": 3,
}


class World:
    """A container that answers as a test says, and a clock that it moves."""

    def __init__(self, serve):
        self.now, self.status, self.paths = 0.0, 200, []
        self.ports = {8080: serve(self._respond)}

    def _respond(self, request):
        self.paths.append(request.path)
        return Response(status=self.status) if self.status else None

    def container(self, **probes):
        return {"ports": [{"name": "http", "containerPort": 8080}], **probes}

    def liveness(self, **changes):
        container = self.container(livenessProbe={**PROBE, **changes})
        made = Liveness(container=container, ports=self.ports, clock=lambda: self.now)
        made.begin()
        return made


@pytest.fixture
def world(serve):
    return World(serve)


@pytest.mark.parametrize(
    ("status", "ready"),
    [
        pytest.param(200, True, id="says yes"),
        pytest.param(429, False, id="says no"),
        pytest.param(0, False, id="hangs up"),
    ],
)
def test_who_is_ready_says_so(world, status, ready):
    world.status = status

    assert is_ready(world.container(readinessProbe=PROBE), world.ports) is ready
    assert world.paths == ["/healthz"]


def test_with_tls_any_certificate_will_do():
    _, tls = certificate.self_signed(dt.datetime.now(dt.UTC))
    secure = {**PROBE, "httpGet": {**PROBE["httpGet"], "scheme": "HTTPS"}}
    container = {"ports": [{"name": "http", "containerPort": 8080}], "readinessProbe": secure}

    with contextlib.closing(Server(lambda _: Response(status=200), port=0, tls=tls)) as server:
        assert is_ready(container, {8080: server.port})


def test_who_is_not_asked_is_ready_and_lives(world):
    assert is_ready(world.container(), world.ports)
    assert not Liveness(container=world.container(), ports=world.ports).is_lost()


def lost_at(world, liveness, seconds):
    """The seconds of all at which it is called lost."""
    found = []
    for second in seconds:
        world.now = second
        if liveness.is_lost():
            found.append(second)
    return found


def test_who_fails_three_periods_in_a_row_is_lost_until_it_begins_anew(world):
    liveness = world.liveness()
    assert lost_at(world, liveness, range(20)) == []

    world.status = 500
    assert lost_at(world, liveness, range(20, 50)) == list(range(40, 50))

    liveness.begin()
    assert lost_at(world, liveness, range(50, 70)) == []


def test_one_success_forgives_the_failures_before(world):
    liveness = world.liveness()
    for now, world.status in (0, 500), (10, 500), (20, 200), (30, 500), (40, 500):
        assert lost_at(world, liveness, [now]) == []

    assert lost_at(world, liveness, [50]) == [50]


def test_nobody_is_asked_before_the_initial_delay(world):
    world.status = 500
    liveness = world.liveness(initialDelaySeconds=15, failureThreshold=1)

    assert lost_at(world, liveness, [0, 14, 15]) == [15]
