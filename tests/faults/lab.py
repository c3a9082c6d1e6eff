"""What stands around an adapter in one cell: vCenter, sinks, a store, and the evidence of them."""

import contextlib
import datetime as dt
import time
import urllib.parse
from collections import Counter

from .disk import tiny
from .evidence import GAP, Arrival, Evidence, Made, missing, unsaved
from .judge import may_be_lost
from .processes.adapter import Life, NotAsExpected
from .processes.peer import Peer
from .stores import ConfigMap, File

PATIENCE = 60.0
"""How many seconds nothing need come before the rest is given up; a retry may wait for 38."""

SHORT_PATIENCE = 15.0
"""The same in a short run, where retries have not doubled their wait so often."""

IN_FLIGHT = 32
"""The adapter's own default."""


class Lab(contextlib.ExitStack):
    """One cell's world, in *folder*; *program* is the module that is run as the adapter."""

    def __init__(self, folder, cell, *, program, chance, short):
        super().__init__()
        self.folder, self.short = folder, short
        self.random = chance
        self.lives = []
        self._cell, self._program = cell, program
        self._crashes, self._unsaved, self._excused = {}, Counter(), frozenset()
        self._counted = Counter()
        self._severed, self._cuts, self._left = 0, 0, {}
        self._clock = folder / "clock"

    def __enter__(self):
        super().__enter__()
        for name, text in (("username", "user"), ("password", "pass")):
            (self.folder / name).write_text(text)
        if self._cell.skewed:
            self.set_clock(0)
            self._program = ("tests.faults.processes.skewed", self._clock)
        self.vcenter = self.enter_context(Peer(*self._cell.vcenter))
        port = urllib.parse.urlsplit(self.vcenter.ask("url")).port
        self.network = self.enter_context(Peer("proxy", port))
        self.sink = self.enter_context(Peer("sink", *["--tls"] * self._cell.tls))
        self.dead_letters = self.enter_context(Peer("sink"))
        self.store = self._store()
        self.elsewhere = self.dead_letters.ask("open")
        self._environment = {
            "VC_URL": f"https://127.0.0.1:{self.network.ask('listen')}/sdk",
            "VC_INSECURE": "true",
            "VC_SECRET_PATH": str(self.folder),
            "K_SINK": self.sink.ask("open"),
            "K_CA_CERTS": self.sink.ask("certificate"),
            **self.store.environment,
            **self._cell.environment(dead_letters=self.elsewhere),
        }
        self.callback(lambda: [life.kill() for life in self.lives])
        return self

    @property
    def adapter(self):
        """The life that was started last."""
        return self.lives[-1]

    def start(self):
        """Start an adapter; there must be none."""
        log = self.folder / "adapter.log"
        self.lives.append(
            Life(self._environment, number=len(self.lives), log=log, program=self._program)
        )
        return self.adapter

    def stop(self):
        """End the adapter as Kubernetes does; what it has counted is kept."""
        self._counted += self.adapter.settled()
        code = self.adapter.terminate()
        if code:
            raise NotAsExpected(f"the adapter ended with code {code} on SIGTERM")
        self._left = self.vcenter.ask("left")

    def crash(self):
        """Kill the adapter, and note what it had saved."""
        self.adapter.kill()
        self._crashes[str(self.adapter.number)] = self.store.read()

    def cut(self):
        """Reset all connections to vCenter."""
        self._cuts += 1
        self.network.ask("cut")

    def severed(self):
        """Note that the adapter may be unable to end its session."""
        self._severed += 1

    def rewound(self, checkpoint):
        """Note what may come again because reading goes on from *checkpoint*."""
        self._unsaved += unsaved(self._arrivals(self.sink), checkpoint)

    def freeze(self, seconds):
        """Stop the adapter in its tracks, and note which answers it may not have read."""
        before = max(self.sink.ask("count") - IN_FLIGHT, 0)
        self.adapter.pause(seconds)
        self._unsaved += unsaved(self._arrivals(self.sink)[before:], None)

    def excuse_missing(self):
        """Note that what has not come by now need not: nobody was there to read it."""
        self._excused |= missing(self.evidence())

    def set_clock(self, seconds):
        """Let the time of day be off by that much, on the adapter's machine."""
        self._clock.write_text(str(seconds))

    def during(self, seconds, *, short=None):
        """Let time pass; *short* seconds of it in a short run."""
        time.sleep(short if self.short and short is not None else seconds)

    def until(self, condition):
        """Wait for what must become true soon."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise NotAsExpected("the adapter did not do what the cell waits for")
            time.sleep(0.05)

    def settle(self):
        """Wait until all that happened has come or never will, and a moment for repetitions."""
        count = self.vcenter.ask("rest")
        patience = SHORT_PATIENCE if self.short else PATIENCE
        came, since = 0, time.monotonic()
        while time.monotonic() - since < patience and not self._settled(count):
            now = self.sink.ask("count") + self.dead_letters.ask("count")
            if now != came:
                came, since = now, time.monotonic()
            time.sleep(0.2)
        time.sleep(0.5)

    def evidence(self):
        """Collect all that is known."""
        counted = self._counted + self.adapter.settled()
        arrivals = self._arrivals(self.sink)
        dead_letters = self._arrivals(self.dead_letters)
        beside = (_made(*fields) for fields in self.vcenter.ask("beside"))
        return Evidence(
            made=tuple(_made(*fields) for fields in self.vcenter.ask("made")),
            beside=frozenset(event.identity for event in beside),
            arrivals=arrivals,
            dead_letters=dead_letters,
            unsaved=self._unsaved + self._lost_with_crashes((*arrivals, *dead_letters)),
            excused=self._excused,
            crashed=frozenset(self._crashes),
            refused=counted["refused"],
            given_up=counted["given_up"],
            **self._left,
            severed=self._severed + sum(life.killed for life in self.lives),
            cuts=self._cuts,
        )

    def _lost_with_crashes(self, arrivals):
        """Count what may come again because its life ended before it was saved.

        Only now, for a sink may read what an adapter had sent after that was killed.
        """
        return sum(
            (
                unsaved([one for one in arrivals if one.life == life], checkpoint)
                for life, checkpoint in self._crashes.items()
            ),
            Counter(),
        )

    def _settled(self, count):
        # To count is cheap, and most often tells that it is too early to compare; where losses are
        # allowed there are few events.
        if self.sink.ask("seen") < count and not self._cell.expectation.at_most_once:
            return False
        evidence = self.evidence()
        return len(missing(evidence)) <= may_be_lost(evidence, self._cell.expectation)

    def _store(self):
        if self._cell.store == "configmap":
            return ConfigMap(self.folder, self.enter_context(Peer("apiserver")))
        disk = self.folder / "state"
        disk.mkdir()
        if self._cell.store == "tiny disk":
            self.enter_context(tiny(disk))
        return File(disk)

    def _arrivals(self, sink):
        encoding = self._cell.encoding
        return tuple(_arrival(*fields, encoding=encoding) for fields in sink.ask("arrivals"))


def _made(key, created, about):
    return Made(key=key, created=dt.datetime.fromisoformat(created), order_key=about)


def _arrival(key, created, data, *others, encoding):
    names = ("type", "life", "taken", "answered", "status", "error_code")
    known = dict(zip(names, others, strict=True), readable=data == encoding)
    # The id of a gap is no number.
    key = key if known["type"] == GAP else int(key)
    return Arrival(key=key, created=dt.datetime.fromisoformat(created), **known)
