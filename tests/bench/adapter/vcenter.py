"""The embedded simulator as a load: a history that outruns any adapter, and more on demand.

Usage: python -m tests.bench.adapter.vcenter EVENTS MACHINES. Prints its URL. A line on stdin with a
number appends so many events at once; with `at RATE SECONDS`, so many a second for so long. It
answers each with a line when that is done, and ends when stdin does.
"""

import datetime as dt
import itertools
import sys
import time

from standalone.simulator import History, Simulator, events, inventory


class Load:
    """Power operations, spread evenly over the first *machines* of the inventory."""

    def __init__(self, history, machines):
        self._history = history
        # One reading of the clock serves a whole batch; times in a vCenter are not unique either.
        self._machines = itertools.cycle(inventory.build()[:machines])
        self._makes = itertools.cycle([events.power_on] * machines + [events.power_off] * machines)

    def append(self, count, created=None):
        created = created or dt.datetime.now(dt.UTC)
        for _ in range(count):
            self._history.append(next(self._makes)(next(self._machines), created))

    def trickle(self, rate, seconds):
        begin = time.monotonic()
        for n in range(int(rate * seconds)):
            time.sleep(max(begin + n / rate - time.monotonic(), 0))
            self.append(1)


def main(count, machines):
    history = History()
    load = Load(history, machines)
    # All within the last minute: the collector gives them as fast as it is asked.
    start = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=60)
    for batch in range(0, count, 100):
        load.append(100, start + dt.timedelta(seconds=50 * batch / count))
    with Simulator(history=history) as simulator:
        print(simulator.url, flush=True)
        for line in sys.stdin:
            match line.split():
                case ["at", rate, seconds]:
                    load.trickle(float(rate), float(seconds))
                case [number]:
                    load.append(int(number))
            print("done", flush=True)


main(*map(int, sys.argv[1:]))
