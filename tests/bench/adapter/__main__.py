"""How fast the adapter is, at what cost, and how the Go project's compares: tables and a plot.

Usage: python -m tests.bench.adapter [--go PATH] [--rounds N] [--short] [--json FILE]
[--write-docs]. Linux only: it reads /proc. *PATH* is the Go project's adapter, which you build from
its public source (`go build ./cmd/vsphere-adapter`); with $GO_ADAPTER it need not be said.
"""

import argparse
import json
import os
import random
import sys
from pathlib import Path

from tests.programs import BUILT

from . import report, trial
from .processes import Adapter, module, vcsim

DOCUMENT = Path(__file__).parents[3] / "docs" / "performance.md"
SINKS = (0.0, 0.005, 0.02)
MACHINES = 200


def main():
    options = _options()
    adapters = [Adapter(name="this", command=(sys.executable, "-m", "adapter"))]
    if options.go:
        adapters.append(Adapter(name="Go", command=(options.go,)))
    vcsim_program = str(BUILT / "vcsim")
    events, rounds = (5_000, 1) if options.short else (20_000, options.rounds)
    rows = []
    for _ in range(rounds):
        # The adapters take turns, so that what else the machine does hits both.
        for adapter in adapters:
            begun = trial.start(adapter, vcsim_program)
            _note(rows, "start", adapter, begun)
            _backlogs(rows, adapter, vcsim_program, begun=begun, events=events)
            _latencies(rows, adapter, vcsim_program, alone=5 if options.short else 20)
    with module("imports") as imports:
        _note(rows, "imports", adapters[0], json.loads(imports.line()))
    if not options.short:
        ours = adapters[0]
        _note(rows, "memory", ours, trial.memory(ours, events=200_000, batch=20_000))
    text = report.render(rows)
    print(text)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    if options.write_docs:
        report.insert(DOCUMENT, text)


def _backlogs(rows, adapter, vcsim_program, *, begun, events):
    def deliver(peer, load, delay, encoding="application/xml"):
        figures = trial.backlog(adapter, peer, delay=delay, begun=begun, encoding=encoding)
        setting = {"load": load, "sink_ms": delay * 1000, "data": encoding}
        _note(rows, "backlog", adapter, {**setting, **figures})

    for delay in SINKS:
        with vcsim(vcsim_program, MACHINES) as url:
            deliver(url, "vcsim, 200 VMs", delay)
    with vcsim(vcsim_program, MACHINES) as url:
        deliver(url, "vcsim, 200 VMs", 0.0, "application/json")
    if not adapter.is_ours:
        # It needs minutes for more, and what it needs our simulator does not serve.
        return
    for delay in SINKS:
        with module("vcenter", events, 300) as vcenter:
            deliver(vcenter.line(), f"{events:,} events, 300 VMs", delay)
    with module("vcenter", events, 300) as vcenter:
        deliver(vcenter.line(), f"{events:,} events, 300 VMs", 0.0, "application/json")
    for delay in SINKS[:2]:
        with module("vcenter", 1000, 1) as vcenter:
            deliver(vcenter.line(), "1,000 events, one VM", delay)


def _latencies(rows, adapter, vcsim_program, *, alone):
    dice = random.Random(7)
    pauses = (dice.uniform(1, 3) for _ in range(alone))
    figures = trial.latency(adapter, vcsim_program, events=alone, pauses=pauses)
    _note(rows, "latency", adapter, {"load": "idle", **figures})
    figures = trial.latency(adapter, vcsim_program, events=800, pauses=[0.005] * 800)
    _note(rows, "latency", adapter, {"load": "200 events/s", **figures})


def _note(rows, what, adapter, figures):
    rows.append({"what": what, "adapter": adapter.name, **figures})
    print(json.dumps(rows[-1]), file=sys.stderr, flush=True)


def _options():
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--go", default=os.environ.get("GO_ADAPTER", ""), metavar="PATH")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--short", action="store_true", help="a minute, for a quick look")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--write-docs", action="store_true", help="put it into docs/performance.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
