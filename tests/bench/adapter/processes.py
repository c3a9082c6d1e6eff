"""The programs of a trial: vCenters, sinks, and the adapters that are compared."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]


LONG_AGO = json.dumps(
    {
        "vCenter": "",
        "lastEventKey": 0,
        "lastEventType": "",
        "lastEventKeyTimestamp": "2001-01-01T00:00:00Z",
    }
)
"""A checkpoint, for either adapter, from which all that the vCenter remembers is delivered."""


class Program:
    """A child process that is spoken to by lines."""

    def __init__(self, *command, env=None, log=None):
        self.process = subprocess.Popen(
            command,
            env={**os.environ, **(env or {})},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )

    def line(self):
        """Read one."""
        return self.process.stdout.readline().strip()

    def ask(self, question):
        """Write a line, and read one."""
        self.process.stdin.write(f"{question}\n")
        self.process.stdin.flush()
        return self.line()

    def cpu_seconds(self):
        """Processor time so far, of the threads that live."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def rss_mib(self):
        """Memory now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def stop(self):
        """End it by SIGTERM; returns the seconds that took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        return time.monotonic() - began


@contextlib.contextmanager
def running(*command, **options):
    """Run a program while the context lasts."""
    program = Program(*command, **options)
    try:
        yield program
    finally:
        if program.process.poll() is None:
            program.stop()
        program.process.stdin.close()
        program.process.stdout.close()


def module(name, *arguments):
    """Run a module of this package while the context lasts."""
    return running(sys.executable, "-m", f"tests.bench.adapter.{name}", *map(str, arguments))


@contextlib.contextmanager
def vcsim(program, machines):
    """Start vcsim with a history of making that many VMs; it keeps the last 1,000 events."""
    command = [program, "-l", "127.0.0.1:0", "-vm", str(max(machines // 2, 1))]
    with running(*command, log=subprocess.DEVNULL) as peer:
        found = None
        while not found:
            found = re.search(r"https://[^@]*@?(127\.0\.0\.1:\d+)/sdk", peer.line())
        yield f"https://{found[1]}/sdk"


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """An adapter to measure: its *name*, and the *command* that runs it."""

    name: str
    command: tuple[str, ...]

    @property
    def is_ours(self):
        return self.name == "this"

    @contextlib.contextmanager
    def run(self, vcenter, sink_port, *, encoding="application/xml", in_flight=128):
        """Run it from the beginning of the vCenter's history."""
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            state = Path(folder)
            (state / "username").write_text("user")
            (state / "password").write_text("pass")
            environment = {
                "VC_URL": vcenter,
                "VC_INSECURE": "true",
                "VC_SECRET_PATH": folder,
                "K_SINK": f"http://127.0.0.1:{sink_port}",
                "VSPHERE_CHECKPOINT_CONFIG": '{"maxAge":"24h"}',
                "VSPHERE_PAYLOAD_ENCODING": encoding,
            }
            if self.is_ours:
                (state / "checkpoint").write_text(LONG_AGO)
                environment |= {
                    "VSPHERE_CHECKPOINT_FILE": str(state / "checkpoint"),
                    "VSPHERE_DELIVERY_CONFIG": json.dumps({"inFlight": in_flight}),
                    "METRICS_PORT": "0",
                }
            else:
                api_server = stack.enter_context(module("apiserver", LONG_AGO))
                (state / "kubeconfig").write_text(_kubeconfig(api_server.line()))
                environment |= {
                    "KUBECONFIG": str(state / "kubeconfig"),
                    "NAMESPACE": "bench",
                    "NAME": "bench",
                    "VSPHERE_KVSTORE_CONFIGMAP": "bench",
                }
            log = stack.enter_context((state / "log").open("w"))
            yield stack.enter_context(running(*self.command, env=environment, log=log))


def _kubeconfig(server):
    return json.dumps(
        {
            "current-context": "bench",
            "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
            "clusters": [{"name": "bench", "cluster": {"server": server}}],
            "users": [{"name": "bench", "user": {}}],
        }
    )
