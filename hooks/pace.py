"""When the status of a binding is written: each write calls the hooks of its namespace's workloads.

So while workloads come one after the other, the status does not count each of them. What is new but
for a count is written at once.
"""

import datetime as dt
import math

from .model import Object

HOLD = dt.timedelta(seconds=10)
"""How long a status stands until another count takes its place."""


def hold_seconds(parent: Object, status: Object, *, now: dt.datetime) -> int:
    """Say how long to keep what *parent* has for a status instead of *status*; 0 if not at all."""
    stored = parent.get("status") or {}
    if status == stored or _news(status) != _news(stored):
        return 0
    ages = [
        now - dt.datetime.fromisoformat(entry["time"])
        for entry in parent["metadata"].get("managedFields") or []
        if entry.get("subresource") == "status" and entry.get("time")
    ]
    age = min(ages, default=HOLD)
    # The clock that wrote the time may be a little ahead of this one. One that is far ahead shall
    # not keep the count from being right.
    return math.ceil((HOLD - max(age, dt.timedelta())).total_seconds()) if abs(age) < HOLD else 0


def _news(status: Object) -> object:
    """Reduce *status* to what nobody should have to wait for."""
    conditions = [
        [condition.get(name) for name in ("type", "status", "reason")]
        for condition in status.get("conditions") or []
    ]
    return status.get("observedGeneration"), status.get("unbound"), conditions
