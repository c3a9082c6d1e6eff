"""An embedded vCenter: the event part of its API, with a history, made-up life and made-up trouble.

It is a peer for tests and demonstrations, bound to this machine, and no model of vSphere: the
operations that `vcenter`, `collectors`, `properties`, `watching` and `automation` list are all it
knows. `python -m standalone.simulator` runs it as a process.
"""

from .events import Event, RawEvent
from .faults import Faults
from .feed import Feed, feeding
from .history import History, Record
from .simulator import Simulator
from .vcenter import Counters

__all__ = [
    "Counters",
    "Event",
    "Faults",
    "Feed",
    "History",
    "RawEvent",
    "Record",
    "Simulator",
    "feeding",
]
