"""A phase of a trial: what is done, and the figures of what comes of it."""

import collections
import contextlib
import time

from .meters import CUSTOMIZE, SYNC, AuditLog, Hooks, api_writes
from .processes import Stopwatch

POLL_SECONDS = 0.25
SETTLED_SECONDS = 13
"""Not asked for so long, the hooks are not asked again: what they wait for, they wait 10 s for."""

METACONTROLLER = "system:serviceaccount:metacontroller:metacontroller"


class Phases:
    """Measures, one phase after the other, what an installed system does."""

    def __init__(self, installation):
        self._installation = installation
        self._cluster = installation.cluster

    @contextlib.contextmanager
    def hooks(self, revision):
        """Run the hooks; begins when they are ready."""
        with self._installation.hooks(revision) as process:

            def answer():
                if process.poll() is not None:
                    raise SystemExit(f"The hooks ended with exit code {process.returncode}.")
                with contextlib.suppress(OSError):
                    return self._read()
                return None

            self._cluster.eventually(answer)
            yield

    def _read(self):
        return Hooks.read(self._installation.port)

    def measure(self, begin, *, origin=None):
        """Do *begin* and see what comes of it; times run from the last write *origin*, if given."""
        log, hooks, stopwatch = AuditLog(self._cluster), self._read(), Stopwatch()
        began = time.time()
        begin()
        asked_last = self._settle()
        writes, cpu = log.writes(), stopwatch.read()
        times = [write.at.timestamp() for write in writes if write.action == origin] or [began]
        return {
            "began_within_s": max(times) - min(times),
            "asked_last_s": asked_last - max(times),
            **_hook_figures(self._read().since(hooks), seconds=asked_last - min(times)),
            **_write_figures(writes, max(times)),
            **cpu,
        }

    def _settle(self):
        """Wait until nobody has asked the hooks for a while; returns when it was for the last."""
        count, last = self._read().requests, time.time()
        while time.time() < last + SETTLED_SECONDS:
            time.sleep(POLL_SECONDS)
            if (now := self._read().requests) != count:
                count, last = now, time.time()
        return last

    def quiet(self, seconds):
        """Count what happens while nothing does."""
        writes, hooks = api_writes(self._cluster), self._read()
        time.sleep(seconds)
        return {
            "writes": api_writes(self._cluster) - writes,
            "hook_requests": self._read().since(hooks).requests.total(),
        }


def _hook_figures(hooks, *, seconds):
    return {
        "requests": dict(hooks.requests),
        "syncs": hooks.requests[SYNC],
        "customizes": hooks.requests[CUSTOMIZE],
        "other_requests": hooks.requests.total() - hooks.requests[SYNC] - hooks.requests[CUSTOMIZE],
        "hook_requests_per_s": hooks.requests.total() / seconds,
        "sync_p50_ms": hooks.sync_within(0.5),
        "sync_p99_ms": hooks.sync_within(0.99),
        "buckets": {str(limit): count for limit, count in sorted(hooks.buckets.items())},
    }


def _write_figures(writes, origin):
    """Metacontroller's writes: how many of each, and when each was over for every source.

    For the status that is its first write, which says that the source was seen.
    """
    own = [write for write in writes if write.user == METACONTROLLER]
    over, firsts = {}, {}
    for write in own:
        firsts.setdefault((write.action, write.target), write.at.timestamp() - origin)
    for (action, _), at in firsts.items():
        over[action] = max(over.get(action, at), at)
    return {
        "writes": dict(collections.Counter(write.action for write in own).most_common()),
        "refused": sum(write.refused for write in own),
        "over_s": over,
        "last_write_s": max((write.at.timestamp() - origin for write in own), default=0.0),
    }
