"""The embedded simulator with a long history over 300 VMs, in a process of its own.

Usage: python vcenter.py EVENTS. Prints its URL, and ends when stdin does.
"""

import datetime as dt
import sys

from standalone.simulator import History, Simulator, events, inventory

count = int(sys.argv[1])
history = History()
machines = inventory.build()
# All within the last minute: the collector gives them as fast as it is asked.
start = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=60)
for n in range(count):
    make = events.power_on if n // len(machines) % 2 else events.power_off
    created = start + dt.timedelta(seconds=50 * n / count)
    history.append(make(machines[n % len(machines)], created))
with Simulator(history=history) as simulator:
    print(simulator.url, flush=True)
    sys.stdin.read()
