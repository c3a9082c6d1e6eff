"""Turns of a kubelet: which pods it takes, which lead to Services, and which it restarts."""

import sys
import time

import pytest

from standalone.kubelet import Kubelet, Program

SERVER = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if os.path.exists(os.environ["ANSWERS"] + self.path) else 404)
        self.end_headers()
host, port = sys.argv[1].split(":")
http.server.HTTPServer((host, int(port)), Handler).serve_forever()
"""
IMAGE = Program(command=(sys.executable, "-c", SERVER, "0.0.0.0:8080"))


class Cluster:
    """As much of an API server as a kubelet asks: the pods, and what it tells of them."""

    def __init__(self):
        self.pods, self.calls = [], []

    def get(self, _path):
        return {"items": self.pods}

    def call(self, method, path, body=None, **_options):
        self.calls.append((method, path))
        if method == "DELETE":
            self.pods = []
        return body or {}


class World:
    """A kubelet, and one pod that answers 200 to what a test says."""

    def __init__(self, folder):
        self.cluster = Cluster()
        self.answers = folder / "answers"
        self.answers.mkdir()
        self.kubelet = Kubelet(
            api=self.cluster, images={"known": IMAGE}, services={}, folder=folder / "pods"
        )

    def start(self, *, node="this-machine", **changes):
        def probe(path):
            get = {"path": path, "port": "http"}
            return {"httpGet": get, "periodSeconds": 0, "failureThreshold": 1, "timeoutSeconds": 5}

        container = {
            "name": "server",
            "image": "known",
            "env": [{"name": "ANSWERS", "value": str(self.answers)}],
            "ports": [{"name": "http", "containerPort": 8080}],
            "readinessProbe": probe("/ready"),
            "livenessProbe": {**probe("/alive"), "initialDelaySeconds": 1},
            **changes,
        }
        spec = {
            "containers": [container],
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30,
        }
        self.pod = {
            "metadata": {"name": "one", "namespace": "lab", "uid": "1"},
            "spec": {**spec, **({"nodeName": node} if node else {})},
        }
        self.cluster.pods = [self.pod]

    def answer(self, *paths):
        for path in paths:
            (self.answers / path).touch()

    def until(self, condition):
        """Take turns until *condition* holds."""
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline
            self.kubelet.turn()
            time.sleep(0.05)

    def endpoints(self):
        return [endpoint.name for endpoint in self.kubelet.endpoints]


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.cluster.pods = []
    made.kubelet.turn()


@pytest.mark.parametrize(
    ("image", "calls"),
    [
        pytest.param("known", [("POST", "/api/v1/namespaces/lab/pods/one/binding")], id="known"),
        pytest.param("other", [], id="unknown"),
    ],
)
def test_a_pod_without_a_node_is_taken_if_its_image_is_known(world, image, calls):
    world.start(node="", image=image)

    world.kubelet.turn()

    assert world.cluster.calls == calls


def test_a_pod_of_another_node_is_left_alone(world):
    world.start(node="other-machine")

    world.kubelet.turn()

    assert world.cluster.calls == []


def test_services_lead_to_a_pod_from_its_readiness_to_its_deletion(world):
    world.start()
    world.answer("alive")
    world.until(lambda: world.cluster.calls)
    assert world.endpoints() == []

    world.answer("ready")
    world.until(lambda: world.endpoints() == ["one"])

    world.pod["metadata"] |= {"deletionTimestamp": "now", "deletionGracePeriodSeconds": 30}
    world.kubelet.turn()
    assert world.endpoints() == []
    world.until(lambda: ("DELETE", "/api/v1/namespaces/lab/pods/one") in world.cluster.calls)


def test_who_is_lost_is_started_again(world):
    world.start()
    world.answer("ready", "alive")
    world.until(lambda: world.endpoints() == ["one"])

    (world.answers / "alive").unlink()
    container = world.kubelet.container(world.pod)
    world.until(lambda: container.restarts == 1)

    assert container.exit_code == -15
