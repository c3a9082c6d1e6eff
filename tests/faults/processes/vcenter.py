"""The simulated vCenter as a process: it lives as it is told, and knows what really happened."""

import contextlib
import datetime as dt
import sys
import threading
import time

from standalone.simulator import Faults, History, Simulator, inventory
from standalone.simulator.sessions import Sessions

from .peer import serve
from .series import SERIES

TICK = 0.02

BURST_SECONDS = 1.5
"""After how long without a further event a burst is over, and a bit."""


class VCenter:
    """What the harness calls. Only it makes events, so `made` is the truth."""

    def __init__(self, *, compress_bursts, esxi):
        self._offset = dt.timedelta()
        self._history = History(retention=400_000, compress_bursts=compress_bursts)
        self._esxi = esxi
        self._machines = inventory.build()
        self._making = threading.Lock()
        self._made, self._beside, self._happened = [], [], 0
        self._late = dt.timedelta()
        self._most_collectors = 0
        self._switched = set()
        self._series = SERIES["usual"]
        self._idle = threading.Event()
        self._loading = None
        self._simulator = self._start(port=0)

    def url(self):
        return self._simulator.url

    def happen(self, count, machines=40):
        """Let that many things happen at once, spread over so many machines."""
        now = self._now()
        with self._making:
            for number in range(count):
                late = self._late if number % 2 else dt.timedelta()
                self._append(now + dt.timedelta(microseconds=number) - late, machines)

    def hide(self, count):
        """Let that many things happen that the account may not see."""
        now = self._now()
        with self._making:
            self._history.extend(
                (SERIES["usual"][0](self._machines[0], now) for _ in range(count)), hidden=True
            )

    def burst(self, count, *, watched):
        """Let the same happen to one machine *count* times, until vCenter has compressed that.

        Unless that is *watched*, what vCenter does not store need not come.
        """
        now, before = self._now(), self._history.end
        # What happens else must not go on with it.
        machine = self._machines[-1]
        with self._making:
            for number in range(count):
                event = SERIES["usual"][0](machine, now + dt.timedelta(microseconds=number))
                key = self._history.append(event)
                self._made.append((key, event.created, machine.vm.id))
        time.sleep(BURST_SECONDS)
        with self._making:
            self._history.end_bursts(self._now())
            records = self._history.read(before).records
            known = {event[0] for event in self._made}
            self._made += [(one.key, one.created, "") for one in records if one.key not in known]
            if not watched:
                passing = {one.key for one in records if one.passing}
                self._beside += [event for event in self._made if event[0] in passing]
                self._made = [event for event in self._made if event[0] not in passing]

    def series(self, name):
        """Let other events happen from now on."""
        self._series = SERIES[name]

    def load(self, rate, machines=40):
        """Let things happen, *rate* a second, until told to `rest`."""
        self._idle.clear()
        self._loading = threading.Thread(target=self._live, args=(rate, machines))
        self._loading.start()

    def rest(self):
        """End the load; returns how many events there were so far."""
        self._idle.set()
        if self._loading:
            self._loading.join()
        return len(self._made)

    def made(self):
        """All that happened, in order: key, time and what it is about."""
        return self._told(self._made)

    def beside(self):
        """What happened, but need not come."""
        return self._told(self._beside)

    def forget(self):
        """Remove all that happened from the history, as vCenter does after some days."""
        with self._making:
            self._history.forget(before=self._now() + dt.timedelta(seconds=1))
        self.outdate(seconds=0)

    def outdate(self, seconds):
        """Take what is older than that for what need not come."""
        horizon = self._now() - dt.timedelta(seconds=seconds)
        with self._making:
            self._beside += [event for event in self._made if event[1] < horizon]
            self._made = [event for event in self._made if event[1] >= horizon]

    def restart(self, away):
        """Be gone for so many seconds; sessions do not survive that, the history does."""
        self._most_collectors = self.left()["collectors_most"]
        port = int(self._simulator.url.rpartition(":")[2].partition("/")[0])
        self._simulator.__exit__()
        time.sleep(away)
        self._simulator = self._start(port=port)

    def left(self):
        """What is open, and how many collectors one session had at once.

        Nobody knows of a session that was never used: the answer to its login did not arrive.
        """
        counters = self._simulator.counters
        return {
            "sessions_left": counters.sessions_open - counters.sessions_unused,
            "collectors_left": counters.collectors_open,
            "collectors_most": max(self._most_collectors, counters.collectors_most),
        }

    def logins(self):
        """How often somebody tried to log in since it runs."""
        return self._simulator.counters.logins_attempted

    def expire(self):
        """End all sessions."""
        self._simulator.faults.expire_sessions()

    def switch(self, **faults):
        """Turn switches of the simulator's `Faults`, all others being off; see there."""
        quiet = vars(Faults(Sessions(), Sessions()))
        for name in self._switched:
            setattr(self._simulator.faults, name, quiet[name])
        for name, value in faults.items():
            setattr(self._simulator.faults, name, set(value) if type(value) is list else value)
        self._switched = set(faults)

    def stall(self):
        """Let the collectors that exist now give nothing any more."""
        self._simulator.faults.stall_collectors()

    def number_from(self, key):
        """Let keys go on from there."""
        self._history.number_from(key)

    def step_clock(self, seconds):
        """Set vCenter's clock forward, or back."""
        self._offset += dt.timedelta(seconds=seconds)

    def late(self, seconds):
        """Let every other event tell a time that is past, from now on."""
        self._late = dt.timedelta(seconds=seconds)

    def close(self):
        """Leave no thread behind."""
        self.rest()
        self._simulator.__exit__()

    def _now(self):
        return dt.datetime.now(dt.UTC) + self._offset

    def _start(self, port):
        simulator = Simulator(history=self._history, port=port, clock=self._now, esxi=self._esxi)
        return simulator.__enter__()

    def _live(self, rate, machines):
        began, count = time.monotonic(), 0
        while not self._idle.wait(TICK):
            due = int((time.monotonic() - began) * rate) - count
            self.happen(due, machines)
            count += due

    def _append(self, at, machines):
        about = self._machines[self._happened % machines]
        make = self._series[self._happened % len(self._series)]
        self._happened += 1
        self._made.append((self._history.append(make(about, at)), at, about.vm.id))

    def _told(self, happened):
        with self._making:
            return [(key, created.isoformat(), machine) for key, created, machine in happened]


if __name__ == "__main__":
    told = {"compress_bursts": "--compress-bursts" in sys.argv, "esxi": "--esxi" in sys.argv}
    with contextlib.closing(VCenter(**told)) as vcenter:
        serve(vcenter)
