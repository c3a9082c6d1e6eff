"""What the processes of this machine use. Linux only: it reads /proc."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, kw_only=True)
class Usage:
    """One program with everything that it started."""

    cpu_seconds: float
    rss_mib: float
    """Memory that its processes share is counted for each of them."""
    pss_mib: float
    """Memory that its processes share is counted once."""


def programs():
    """What each program that we started uses, by name."""
    return {
        _name(pid): _sum(map(_usage, [pid, *_descendants(pid)])) for pid in _children(os.getpid())
    }


class Stopwatch:
    """Processor time from now on: of each of our programs, and what others took meanwhile."""

    def __init__(self):
        self._began = time.monotonic()
        self._machine, self._own, self._programs = _machine(), _own(), programs()

    def read(self):
        """Seconds by program, and the share of the machine that went to anybody else."""
        seconds = {name: usage.cpu_seconds for name, usage in programs().items()}
        for name in seconds.keys() & self._programs.keys():
            seconds[name] -= self._programs[name].cpu_seconds
        seconds["this measurement"] = _own() - self._own
        others = _machine() - self._machine - sum(seconds.values())
        capacity = (time.monotonic() - self._began) * (os.cpu_count() or 1)
        return {"cpu_seconds": seconds, "others_share": max(others / capacity, 0.0)}


def _name(pid):
    """The program's, or for `python -m` the module's."""
    arguments = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return arguments[2] if arguments[1] == "-m" else Path(f"/proc/{pid}/comm").read_text().strip()


def _machine():
    fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    user, nice, system, _idle, _waiting, *rest = map(int, fields)
    return (user + nice + system + sum(rest)) / TICKS


def _own():
    return sum(os.times()[:4])


def _children(pid):
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def _descendants(pid):
    return [one for child in _children(pid) for one in (child, *_descendants(child))]


def _sum(usages):
    parts = list(usages)
    return Usage(
        cpu_seconds=sum(part.cpu_seconds for part in parts),
        rss_mib=sum(part.rss_mib for part in parts),
        pss_mib=sum(part.pss_mib for part in parts),
    )


def _usage(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kib = {key: int(value.split()[0]) for key, _, value in (line.partition(":") for line in lines)}
    return Usage(
        cpu_seconds=(int(fields[11]) + int(fields[12])) / TICKS,
        rss_mib=kib["Rss"] / 1024,
        pss_mib=kib["Pss"] / 1024,
    )
