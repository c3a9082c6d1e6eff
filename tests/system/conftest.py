"""The adapter as a real process, between a vCenter of this machine and a sink that records."""

import contextlib
import dataclasses
import datetime as dt
import http.client
import itertools
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict

import pytest

from standalone.server import Response, Server
from standalone.simulator import Simulator, events, inventory

ROOT = pathlib.Path(__file__).parents[2]
MACHINES = inventory.build()
USER, PASSWORD = "administrator@vsphere.local", "c0rrect-horse-battery"
PATIENCE = 30
"""Seconds until a condition that should become true soon is given up."""

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (?P<said>.*)")


def wait_for(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.01)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arrival:
    """One request as the sink got it; names of headers are in lower case."""

    headers: dict
    body: bytes

    @property
    def id(self):
        return self.headers["ce-id"]

    @property
    def is_gap(self):
        return self.headers["ce-type"] == "com.vmware.vsphere.source.gap.v0"


class Arrivals(list):
    """Requests in the order of their arrival."""

    @property
    def ids(self):
        return [arrival.id for arrival in self]

    def split(self, condition):
        """Those for which *condition* holds, and the others."""
        return Arrivals(filter(condition, self)), Arrivals(itertools.filterfalse(condition, self))

    @property
    def by_machine(self):
        """The reference of each machine -> the ids of what happened to it, in order."""
        machines = defaultdict(list)
        for arrival in self:
            [machine] = re.findall(r"<vm type=[^>]*>([^<]*)", arrival.body.decode())
            machines[machine].append(arrival.id)
        return dict(machines)


class Sink:
    """Records requests, and those that it took; *script* tells what to answer each.

    It returns a status, or None to hang up, and runs in the connection's thread: so it may wait.
    """

    def __init__(self):
        self.arrived, self.taken = Arrivals(), Arrivals()
        self.asked_for = set()
        self.script = lambda _arrival: 202
        self.closing = threading.Event()
        self._server = Server(self._respond, port=0, tls=None)
        self.port = self._server.port
        self.url = f"http://127.0.0.1:{self.port}/events"

    def _respond(self, request):
        self.asked_for.add((request.method, request.path))
        if request.method == "GET":
            return Response(status=404)
        headers = {name.lower(): value for name, value in request.headers.items()}
        arrival = Arrival(headers=headers, body=request.body)
        self.arrived.append(arrival)
        status = self.script(arrival)
        if status is None:
            return None
        if 200 <= status < 300:
            self.taken.append(arrival)
        location = {"Location": "/elsewhere"} if 300 <= status < 400 else {}
        return Response(status=status, headers=location, body=b"secret of the sink")

    def answer_late(self, seconds):
        """Take everything, but let it wait."""
        self.script = lambda _arrival: 202 if not self.closing.wait(seconds) else None

    def go_down(self):
        self._server.close()

    def come_up(self):
        self._server = Server(self._respond, port=self.port, tls=None)

    def close(self):
        self.closing.set()
        self._server.close()


class Adapter:
    """One life of the adapter."""

    def __init__(self, environment, stderr):
        self._stderr = stderr
        with socket.create_server(("", 0)) as free:
            self._port = free.getsockname()[1]
        # What is left open is told on stderr, where tests expect nothing of the kind.
        own = {"METRICS_PORT": str(self._port), "PYTHONWARNINGS": "always::ResourceWarning"}
        with stderr.open("wb") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "adapter"],
                env={"LOG_FORMAT": "text", **environment, **own},
                stderr=file,
                cwd=ROOT,
            )

    @property
    def alive(self):
        return self._process.poll() is None

    @property
    def ready(self):
        with contextlib.suppress(ConnectionRefusedError):
            return self.get("/readyz").status == 200
        return False

    def get(self, path):
        """Ask its own server; the answer has been read, its text is `text`."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.text = answer.read().decode()
            return answer

    def until_ready(self):
        wait_for(lambda: self.ready or not self.alive)
        assert self.alive, self.stderr
        return self

    def wait(self):
        return self._process.wait(PATIENCE)

    def terminate(self):
        """Ask it to end and return its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self.wait()

    def send(self, number):
        """Send a signal, if there is still somebody to take it."""
        self._process.send_signal(number)

    def kill(self):
        self._process.kill()
        self._process.wait()

    @property
    def stderr(self):
        return self._stderr.read_text()

    @property
    def said(self):
        """What an operator reads at log level info, without the times."""
        lines = [LINE.sub(r"\g<said>", line) for line in self.stderr.splitlines()]
        return [TIME.sub("<time>", line) for line in lines if not line.startswith("DEBUG ")]


class Lab:
    """Everything around an adapter but its vCenter: sink, mounted Secret, checkpoint file."""

    user, password = USER, PASSWORD
    eventually = staticmethod(wait_for)

    def __init__(self, folder):
        self.sink = Sink()
        self.adapters = []
        self.checkpoint = folder / "checkpoint.json"
        self.secret = folder / "secret"
        self.secret.mkdir()
        # Editors leave a newline at the end.
        (self.secret / "username").write_text(f"{USER}\n")
        (self.secret / "password").write_text(f"{PASSWORD}\n")
        self._folder = folder

    def start(self, url, **changes):
        """Start an adapter with the usual settings, or other ones."""
        return self.launch(
            {
                "VC_URL": url,
                "VC_INSECURE": "true",
                "VC_SECRET_PATH": str(self.secret),
                "K_SINK": self.sink.url,
                "VSPHERE_CHECKPOINT_FILE": str(self.checkpoint),
                "VSPHERE_CHECKPOINT_CONFIG": '{"maxAge":"5m0s","period":"50ms"}',
                "LOG_LEVEL": "debug",
                **changes,
            }
        )

    def launch(self, environment):
        """Start an adapter with exactly this environment."""
        stderr = self._folder / f"stderr-{len(self.adapters)}"
        self.adapters.append(Adapter(environment, stderr))
        return self.adapters[-1]

    def acknowledged(self):
        """The ids that the checkpoint says are settled."""
        saved = json.loads(self.checkpoint.read_text())
        runs = saved.get("acknowledged", [])
        return {str(key) for first, last, *_ in runs for key in range(first, last + 1)}

    @staticmethod
    def begun(url, note=""):
        """What an adapter says when it begins to read from the vCenter at *url*."""
        return [
            "INFO Reading begins at <time>.",
            f"INFO Streaming: Reading the events of {url}.{note}",
        ]


class VCenter(Simulator):
    """A vCenter in which happens what a test says."""

    def happen(self, count, *, to=4, ago=0.0):
        """Power on so many machines now, one after the other, and return the events' ids."""
        created = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=ago)
        made = (events.power_on(MACHINES[number % to], created) for number in range(count))
        return [str(key) for key in self.history.extend(made)]


@pytest.fixture
def lab(tmp_path):
    """A lab; at the end no adapter is left, and none has told a password or a sink's words."""
    built = Lab(tmp_path)
    yield built
    for adapter in built.adapters:
        adapter.kill()
        # Shown by pytest if the test failed.
        sys.stdout.write(adapter.stderr)
    built.sink.close()
    said = "".join(adapter.stderr for adapter in built.adapters)
    assert [secret for secret in (PASSWORD, "secret of the sink") if secret in said] == []


@pytest.fixture
def vcenter(request):
    """A vCenter; tests may parametrise how it is made."""
    with VCenter(credentials=(USER, PASSWORD), **getattr(request, "param", {})) as running:
        yield running
