"""Counters, gauges and histograms, and the text in which Prometheus reads them. No I/O.

The library `prometheus_client` would take 2 MiB: a web server and a client come with it.
"""

import bisect
import itertools
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[str, str, float]
"""What stands behind the name of the metric, a last label, and the number."""


class Number:
    """A counter or a gauge; any thread may change it."""

    def __init__(self) -> None:
        self._value = 0.0
        self._read: Callable[[], float] | None = None
        self._lock = threading.Lock()

    def inc(self, amount: float = 1.0) -> None:
        """Count up."""
        with self._lock:
            self._value += amount

    def dec(self) -> None:
        """Count down."""
        self.inc(-1.0)

    def set(self, value: float) -> None:
        """Replace the number."""
        self._value = value

    def set_function(self, read: Callable[[], float]) -> None:
        """Have *read* called for the number, whenever somebody asks."""
        self._read = read

    def samples(self) -> list[Sample]:
        """Tell the number."""
        return [("", "", self._read() if self._read else self._value)]


class Histogram:
    """How many observations are within each of the *limits*; any thread may add one."""

    def __init__(self, limits: Sequence[float]) -> None:
        self._limits = limits
        self._counts = [0] * (len(limits) + 1)
        self._sum = 0.0
        self._lock = threading.Lock()

    def observe(self, value: float) -> None:
        """Add an observation."""
        with self._lock:
            self._counts[bisect.bisect_left(self._limits, value)] += 1
            self._sum += value

    def samples(self) -> list[Sample]:
        """Tell of each limit how many are within it, and number and sum of all."""
        with self._lock:
            counts, total = list(itertools.accumulate(self._counts)), self._sum
        limits = [*map(repr, self._limits), "+Inf"]
        buckets = [
            ("_bucket", f'le="{limit}"', count) for limit, count in zip(limits, counts, strict=True)
        ]
        return [*buckets, ("_count", "", counts[-1]), ("_sum", "", total)]


Instrument = TypeVar("Instrument", Number, Histogram)


@dataclass(frozen=True, kw_only=True)
class Family(Generic[Instrument]):
    """One metric: an instrument, or one for each value of its *label*."""

    name: str
    kind: str
    meaning: str
    make: Callable[[], Instrument]
    label: str = ""
    _members: dict[str, Instrument] = field(default_factory=dict, init=False)

    def labels(self, value: str) -> Instrument:
        """Return the instrument of that value, which is there from now on."""
        return self._members.setdefault(value, self.make())

    def lines(self) -> Iterator[str]:
        """Write what there is, in Prometheus' text format."""
        yield f"# HELP {self.name} {self.meaning}"
        yield f"# TYPE {self.name} {self.kind}"
        # A copy: another thread may add a member.
        for value, instrument in list(self._members.items()):
            own = f"{self.label}={json.dumps(value, ensure_ascii=False)}" if self.label else ""
            for suffix, last, number in instrument.samples():
                labels = ",".join(filter(None, (own, last)))
                yield f"{self.name}{suffix}{f'{{{labels}}}' if labels else ''} {float(number)}"


class Registry:
    """All metrics of a process, in the order in which they were made."""

    def __init__(self) -> None:
        self._families: list[Family[Number] | Family[Histogram]] = []

    def counters(self, name: str, meaning: str, label: str) -> Family[Number]:
        """Make a counter for each value of a *label*."""
        return self._numbers(f"{name}_total", "counter", meaning, label)

    def counter(self, name: str, meaning: str) -> Number:
        """Make a counter."""
        return self.counters(name, meaning, "").labels("")

    def gauges(self, name: str, meaning: str, label: str) -> Family[Number]:
        """Make a gauge for each value of a *label*."""
        return self._numbers(name, "gauge", meaning, label)

    def gauge(self, name: str, meaning: str) -> Number:
        """Make a gauge."""
        return self.gauges(name, meaning, "").labels("")

    def histogram(self, name: str, meaning: str, limits: Sequence[float]) -> Histogram:
        """Make a histogram."""
        family = Family(
            name=name, kind="histogram", meaning=meaning, make=lambda: Histogram(limits)
        )
        self._families.append(family)
        return family.labels("")

    def text(self) -> str:
        """Write all of them."""
        lines = (line for family in self._families for line in family.lines())
        return "".join(f"{line}\n" for line in lines)

    def _numbers(self, name: str, kind: str, meaning: str, label: str) -> Family[Number]:
        family = Family(name=name, kind=kind, meaning=meaning, make=Number, label=label)
        self._families.append(family)
        return family
