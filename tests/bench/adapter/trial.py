"""What is measured of one adapter: each function makes one trial, and returns its figures."""

import datetime as dt
import json
import statistics
import time

import pyVim.connect
from pyVmomi import vim

from .processes import module, vcsim

QUIET_SECONDS = 1.5
"""When nothing has come for so long, everything has."""

PATIENCE_SECONDS = 60


def start(adapter, vcsim_program):
    """What it costs to start, log in, deliver a handful of events, and rest for a moment."""
    with vcsim(vcsim_program, 4) as url, module("sink", 0) as sink:
        port = sink.line()
        began = time.time()
        with adapter.run(url, port) as running:
            arrived = _all_arrived(sink)
            return {
                "first_event_s": arrived["first"] - began,
                "cpu_s": running.cpu_seconds(),
                "rss_mib": running.rss_mib(),
            }


def backlog(adapter, vcenter, *, delay, begun, encoding="application/xml"):
    """Deliver all that *vcenter* remembers to a sink that answers after *delay* seconds.

    What *begun*, a `start`, took is not counted: an adapter does that once in its life.
    """
    with module("sink", delay) as sink:
        port = sink.line()
        began = time.time()
        with adapter.run(vcenter, port, encoding=encoding) as running:
            arrived = _all_arrived(sink)
            cpu = running.cpu_seconds() - begun["cpu_s"]
            seconds = arrived["last"] - began - begun["first_event_s"]
            return {
                "events": arrived["distinct"],
                "duplicates": arrived["count"] - arrived["distinct"],
                "events_per_second": arrived["distinct"] / seconds,
                "cpu_us": cpu / arrived["distinct"] * 1e6,
                "rss_mib": running.rss_mib(),
                "first_event_s": arrived["first"] - began,
                "stop_s": running.stop(),
            }


def latency(adapter, vcsim_program, *, events, pauses):
    """Seconds from creation to sink, of *events* with *pauses* (seconds) between them."""
    with vcsim(vcsim_program, 4) as url, module("sink", 0) as sink:
        manager = _event_manager(url)
        with adapter.run(url, sink.line()) as running:
            before = _all_arrived(sink)["count"]
            cpu, began = running.cpu_seconds(), time.monotonic()
            for _, pause in zip(range(events), pauses, strict=False):
                time.sleep(pause)
                manager.PostEvent(_note())
            _arrived(sink, before + events)
            cpu = (running.cpu_seconds() - cpu) / (time.monotonic() - began)
            ages = json.loads(sink.ask("ages"))[before:]
    cuts = statistics.quantiles(ages, n=100, method="inclusive")
    return {"p50_s": cuts[49], "p99_s": cuts[98], "events": len(ages), "cpu_share": cpu}


def memory(adapter, *, events, batch):
    """MiB at the start, at most under load, and quiet again after *events*."""
    with (
        module("vcenter", 100, 300) as vcenter,
        module("sink", 0) as sink,
        adapter.run(vcenter.line(), sink.line()) as running,
    ):
        _all_arrived(sink)
        start, most, quiet = running.rss_mib(), 0.0, []
        for total in range(batch, events + 1, batch):
            vcenter.ask(batch)
            while json.loads(sink.ask("count"))["count"] < total + 100:
                most = max(most, running.rss_mib())
                time.sleep(0.05)
            quiet.append(running.rss_mib())
    return {"start_mib": start, "most_mib": most, "quiet_mib": quiet, "events": events}


def _all_arrived(sink):
    while True:
        arrived = json.loads(sink.ask("count"))
        if arrived["last"] and time.time() - arrived["last"] > QUIET_SECONDS:
            return arrived
        time.sleep(0.2)


def _arrived(sink, count):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while json.loads(sink.ask("count"))["count"] < count:
        if time.monotonic() > deadline:
            raise RuntimeError(f"Not all of {count} events arrived within {PATIENCE_SECONDS} s.")
        time.sleep(0.1)


def _event_manager(url):
    host, _, port = url.removeprefix("https://").removesuffix("/sdk").partition(":")
    instance = pyVim.connect.SmartConnect(
        host=host, port=int(port), user="user", pwd="pass", disableSslCertValidation=True
    )
    return instance.content.eventManager


def _note():
    # vCenter puts its own time in.
    now = dt.datetime.now(dt.UTC)
    return vim.event.GeneralUserEvent(
        key=0, chainId=0, createdTime=now, userName="bench", message="measured"
    )
