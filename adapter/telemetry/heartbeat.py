"""Which threads have gone silent, by what each has promised. No I/O.

A thread may wait for long and be well: in a long poll, before the next login, or for a sink that
takes nothing. So it says beforehand how long its next step takes at most.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

GRACE_SECONDS = 60.0
"""How long after a promise was due a thread is called stuck: processors may be busy."""


@dataclass(kw_only=True)
class Heartbeat:
    """Promises by thread; who has made none is not missed."""

    clock: Callable[[], float]
    _due: dict[str, float] = field(default_factory=dict, init=False)

    def promise(self, thread: str, seconds: float) -> None:
        """Take down that *thread* will be heard of again within *seconds*."""
        self._due[thread] = self.clock() + seconds

    @property
    def stuck(self) -> list[str]:
        """The threads whose promise was due a while ago."""
        latest = self.clock() - GRACE_SECONDS
        # A copy, for threads make their first promise at any time.
        return sorted(thread for thread, due in self._due.copy().items() if due <= latest)
