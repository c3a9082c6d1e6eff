"""Manifests on disk, a vCenter and a sink to run them with, and a way to wait for what comes."""

import contextlib
import copy
import datetime as dt
import http.server
import os
import re
import threading
import time

import pytest
import yaml

from standalone.runner import CRDS
from standalone.schema import Schemas
from standalone.simulator import Simulator, events, inventory

PATIENCE = 20.0
"""Seconds after which what did not come will not."""

SOURCE = {
    "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
    "kind": "VSphereSource",
    "metadata": {"name": "events", "namespace": "default"},
    "spec": {
        "address": "https://vcenter.example.com",
        "skipTLSVerify": True,
        "secretRef": {"name": "credentials"},
        "sink": {"uri": "http://sink.example.com"},
        "payloadEncoding": "application/json",
    },
}


@pytest.fixture(scope="session")
def schemas():
    return Schemas.load(CRDS)


@pytest.fixture
def source():
    """Make a VSphereSource with other fields in its spec; `name` is that of the object."""

    def made(name="events", **spec):
        manifest = copy.deepcopy(SOURCE)
        manifest["metadata"]["name"] = name
        manifest["spec"] |= spec
        return manifest

    return made


@pytest.fixture
def secret():
    """Make a Secret with these keys as text."""

    def made(name="credentials", **text):
        metadata = {"name": name, "namespace": "default"}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": text}

    return made


@pytest.fixture
def write(tmp_path):
    """Write a file of YAML documents, given as objects or as text."""

    def written(*documents, name="source.yaml"):
        texts = [item if isinstance(item, str) else yaml.safe_dump(item) for item in documents]
        path = tmp_path / name
        path.write_text("---\n".join(texts))
        return path

    return written


@pytest.fixture(scope="session")
def eventually():
    """Wait until a condition holds, and return what it returned."""

    def waited(condition, *, meanwhile=lambda: None):
        deadline = time.monotonic() + PATIENCE
        while not (result := condition()):
            assert time.monotonic() < deadline, "it did not happen"
            meanwhile()
            time.sleep(0.02)
        return result

    return waited


@pytest.fixture(scope="session")
def machine():
    return inventory.build()[0]


@pytest.fixture
def new_vcenter():
    """Start a simulated vCenter for this user and password; all of them end with the test."""
    with contextlib.ExitStack() as stack:

        def started(user, password):
            return stack.enter_context(Simulator(credentials=(user, password)))

        yield started


@pytest.fixture
def vcenter(new_vcenter):
    return new_vcenter("user", "pass")


@pytest.fixture
def happen(machine):
    """Let so many events happen in a simulated vCenter; returns their keys."""

    def happened(vcenter, count=1):
        now = dt.datetime.now(dt.UTC)
        return vcenter.history.extend(events.power_on(machine, now) for _ in range(count))

    return happened


class Sink:
    """A receiver of CloudEvents, which keeps their headers in the order of arrival."""

    def __init__(self):
        self.headers = []
        arrived = self.headers

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                arrived.append(self.headers)
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    @property
    def keys(self):
        return [int(headers["ce-id"]) for headers in self.headers]


@pytest.fixture
def new_sink():
    """Start a sink; all of them end with the test."""
    sinks = []

    def started():
        sink = Sink()
        threading.Thread(target=sink.server.serve_forever, args=(0.05,)).start()
        sinks.append(sink)
        return sink

    yield started
    for sink in sinks:
        sink.server.shutdown()
        sink.server.server_close()


@pytest.fixture
def sink(new_sink):
    return new_sink()


@pytest.fixture
def declare(write, source, secret, vcenter, sink):
    """Write the file of a source from the simulated vCenter to the sink, and its Secret."""

    def declared(*more, **spec):
        flowing = {"address": vcenter.url, "sink": {"uri": sink.url}}
        credentials = secret(username="user", password="pass")
        return write(source(**flowing | spec), credentials, *more)

    return declared


@pytest.fixture
def adapter(tmp_path):
    """Find the process id of the adapter that runs for a source, or ran last."""

    def pid(name="events"):
        lock = tmp_path / "state" / "default" / name / "lock"
        return lock.exists() and int(re.search(r"(\d+) \(adapter\)", lock.read_text())[1])

    return pid


@pytest.fixture(scope="session")
def runs():
    """Whether there is a process of that id."""

    def runs(pid):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True

    return runs
