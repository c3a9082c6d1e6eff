"""The adapter as a process, one life after another."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter

from prometheus_client.parser import text_string_to_metric_families

from .peer import ROOT

PATIENCE = 60
"""Seconds within which an adapter must get ready, and end."""


class NotAsExpected(Exception):  # noqa: N818  # it is a finding, not a fault of the harness
    """A process did not do what it must; the message says what."""


class Life:
    """A process that runs from construction on; *number* is on each event that it sends."""

    def __init__(self, environment, *, number, log, program):
        self.number, self.killed = number, False
        with socket.create_server(("", 0)) as free:
            self._port = free.getsockname()[1]
        overrides = json.dumps({"extensions": {"life": str(number)}})
        own = {"METRICS_PORT": str(self._port), "K_CE_OVERRIDES": overrides}
        with log.open("ab") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *map(str, program)],
                env={"PATH": os.environ["PATH"], **environment, **own},
                stderr=stderr,
                cwd=ROOT,
            )

    @property
    def pid(self):
        return self._process.pid

    @property
    def alive(self):
        return self._process.poll() is None

    def until_ready(self):
        """Return once it reads; raise if it ends before or takes too long."""
        deadline = time.monotonic() + PATIENCE
        while self._get("/readyz")[0] != 200:
            if not self.alive or time.monotonic() > deadline:
                raise NotAsExpected("the adapter did not get ready")
            time.sleep(0.05)
        return self

    def settled(self):
        """How many events it says it is done with, by what became of them."""
        _, text = self._get("/metrics")
        return Counter(
            {
                sample.labels["outcome"]: int(sample.value)
                for family in text_string_to_metric_families(text)
                for sample in family.samples
                if sample.name == "vsphere_source_events_settled_total"
            }
        )

    def terminate(self):
        """Ask it to end; returns its exit code."""
        self._process.terminate()
        try:
            return self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise NotAsExpected("the adapter did not end on SIGTERM") from None

    def kill(self):
        """End it as a crash does."""
        self.killed = True
        self._process.kill()
        self._process.wait()

    def pause(self, seconds):
        """Stop it in its tracks for a while."""
        self._process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self._process.send_signal(signal.SIGCONT)

    def _get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        with contextlib.closing(connection), contextlib.suppress(OSError):
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        return 0, ""
