"""Events by the thousand, made as fast as they are wanted."""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator

from . import events, inventory, plausible
from .events import Event
from .history import History
from .inventory import Machine
from .markup import element, reference, text

SERIES = ("power", "types", "unknown", "newer", "control", "plausible")
TICK_SECONDS = 0.005


@dataclasses.dataclass(frozen=True, kw_only=True)
class Load:
    """An endless series of events over so many *machines*, one after the other.

    They are switched off and on ("power"); or each event is one of that many *types*; or of a
    class that no client knows ("unknown"); or of one that it knows, but with a property and a
    reference of a type that it does not ("newer"); or has a "control" character in its message,
    which no XML may; or is "plausible".
    """

    series: str = "power"
    machines: int = 300
    types: int = 1000

    def event(self, n: int, created: dt.datetime) -> Event:
        """Return event *n*."""
        machines = inventory.build(self.machines)
        machine = machines[n % self.machines]
        match self.series:
            case "types":
                return _typed(machine, created, n % self.types)
            case "unknown":
                return events.unknown(machine, created)
            case "newer":
                spin = element("spin", text("axis", "z")) + reference(
                    "twin", "QuantumMachine", "q1"
                )
                return _powered_on(machine, created, details=spin)
            case "control":
                return _powered_on(machine, created, remark=" with the sound of a bell: \a")
            case "plausible":
                return plausible.event(0, n, created=created, machines=machines)
        switch = events.power_on if n // self.machines % 2 else events.power_off
        return switch(machine, created)

    def events(
        self, first: int, count: int, *, last: dt.datetime, seconds: float = 0
    ) -> Iterator[Event]:
        """Make *count* events, evenly over so many *seconds* until the *last*."""
        step = dt.timedelta(seconds=seconds / max(1, count - 1))
        return (
            self.event(first + number, last - (count - 1 - number) * step)
            for number in range(count)
        )


class LoadRunner:
    """Lets a load happen at a rate in a thread of its own, until it is another or none."""

    def __init__(self, history: History, *, clock: Callable[[], dt.datetime]) -> None:
        self._history = history
        self._clock = clock
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, load: Load, rate: float) -> None:
        """Begin *rate* events a second of *load*, in place of what was going on."""
        self.stop()
        self._stopped.clear()
        self._thread = threading.Thread(target=self._run, args=(load, rate), name="load")
        self._thread.start()

    def stop(self) -> None:
        """Let nothing happen any more."""
        self._stopped.set()
        if self._thread:
            self._thread.join()

    def _run(self, load: Load, rate: float) -> None:
        begun, count = time.monotonic(), 0
        while not self._stopped.wait(TICK_SECONDS):
            due = int((time.monotonic() - begun) * rate) - count
            self._history.extend(
                load.events(self._history.end, due, last=self._clock()) if due else ()
            )
            count += due


def _typed(machine: Machine, created: dt.datetime, number: int) -> Event:
    message = f"Event of type {number} at {machine.vm.name}"
    return events.event(
        "EventEx",
        created=created,
        place=events.vm_place(machine),
        message=message,
        details=text("eventTypeId", f"com.example.simulated.type{number:04}")
        + text("message", message)
        + text("objectId", machine.vm.id)
        + text("objectType", machine.vm.kind)
        + text("objectName", machine.vm.name),
    )


def _powered_on(
    machine: Machine, created: dt.datetime, *, remark: str = "", details: str = ""
) -> Event:
    return events.event(
        "VmPoweredOnEvent",
        created=created,
        place=events.vm_place(machine),
        message=f"{machine.vm.name} is powered on{remark}",
        details=text("template", value=False) + details,
    )
