"""How fast the adapter delivers a backlog, at what cost: one table.

Usage: python throughput.py [--vcsim PATH] [--events N] [--json FILE]. Linux only: it reads /proc.
"""

import argparse
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
LONG_AGO = {
    "vCenter": "",
    "lastEventKey": 0,
    "lastEventType": "",
    "lastEventKeyTimestamp": "2001-01-01T00:00:00Z",
}


@contextlib.contextmanager
def process(*command, **options):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    running = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )
    try:
        yield running
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(30)
        running.stdin.close()
        running.stdout.close()


@contextlib.contextmanager
def vcsim(path, virtual_machines):
    """Start vcsim with a history of making that many VMs; it keeps the last 1,000 events."""
    command = [path, "-l", "127.0.0.1:0", "-vm", str(virtual_machines // 2)]
    with process(*command, stderr=subprocess.STDOUT) as running:
        for line in running.stdout:
            if found := re.search(r"https://[^@]*@?(127\.0\.0\.1:\d+)/sdk", line):
                yield f"https://{found[1]}/sdk"
                return


@contextlib.contextmanager
def simulator(events):
    with process(sys.executable, str(HERE / "vcenter.py"), str(events)) as running:
        yield running.stdout.readline().strip()


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mib(pid, which):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{which}:\s+(\d+)", status)[1]) / 1024


def ask(sink):
    sink.stdin.write("\n")
    sink.stdin.flush()
    return json.loads(sink.stdout.readline())


def run(vcenter, *, delay, in_flight, encoding):
    """Deliver everything that *vcenter* remembers; returns the figures."""
    with (
        tempfile.TemporaryDirectory() as folder,
        process(sys.executable, str(HERE / "sink.py"), str(delay)) as sink,
    ):
        state = Path(folder)
        (state / "username").write_text("user")
        (state / "password").write_text("pass")
        (state / "checkpoint").write_text(json.dumps(LONG_AGO))
        environment = {
            "VC_URL": vcenter,
            "VC_INSECURE": "true",
            "VC_SECRET_PATH": folder,
            "K_SINK": f"http://127.0.0.1:{sink.stdout.readline().strip()}",
            "VSPHERE_CHECKPOINT_FILE": str(state / "checkpoint"),
            "VSPHERE_CHECKPOINT_CONFIG": '{"maxAge":"24h"}',
            "VSPHERE_PAYLOAD_ENCODING": encoding,
            "VSPHERE_DELIVERY_CONFIG": json.dumps({"inFlight": in_flight}),
            "METRICS_PORT": "0",
            "LOG_LEVEL": "info",
        }
        began = time.time()
        with process(
            sys.executable, "-m", "adapter", env=environment, cwd=ROOT, stderr=subprocess.PIPE
        ) as adapter:
            with adapter.stderr as log:
                next(line for line in log if "Streaming" in line)
            reading, cpu = time.time(), cpu_seconds(adapter.pid)
            arrived = settled(sink)
            return {
                "events": arrived["distinct"],
                "duplicates": arrived["count"] - arrived["distinct"],
                "events_per_second": arrived["distinct"] / (arrived["last"] - reading),
                "cpu_us": (cpu_seconds(adapter.pid) - cpu) / arrived["distinct"] * 1e6,
                "rss_mib": memory_mib(adapter.pid, "VmRSS"),
                "first_event_s": arrived["first"] - began,
            }


def settled(sink):
    """Wait until nothing has come for a second."""
    while True:
        arrived = ask(sink)
        if arrived["last"] and time.time() - arrived["last"] > 1:
            return arrived
        time.sleep(0.2)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--vcsim", default=str(ROOT / ".cache" / "bin" / "vcsim"))
    parser.add_argument("--events", type=int, default=20000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = []
    heads = "vCenter, sink, in flight, data, events, events/s, CPU µs/event, RSS MiB, first event s"
    print(f"| {heads.replace(', ', ' | ')} |")
    print("|---" * 9 + "|")
    for name, peer in (
        ("vcsim", lambda: vcsim(options.vcsim, 200)),
        ("simulator", lambda: simulator(options.events)),
    ):
        for delay, in_flight, encoding in (
            (0, 32, "application/xml"),
            (0, 32, "application/json"),
            (0.02, 32, "application/xml"),
            (0.02, 128, "application/xml"),
        ):
            with peer() as url:
                row = run(url, delay=delay, in_flight=in_flight, encoding=encoding)
            rows.append(
                {"vcenter": name, "sink_s": delay, "in_flight": in_flight, "data": encoding, **row}
            )
            print(
                f"| {name} | {delay * 1000:.0f} ms | {in_flight} | {encoding[12:]} "
                f"| {row['events']} | {row['events_per_second']:,.0f} "
                f"| {row['cpu_us']:.0f} | {row['rss_mib']:.0f} "
                f"| {row['first_event_s']:.2f} |",
                flush=True,
            )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
