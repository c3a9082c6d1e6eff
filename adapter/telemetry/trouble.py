"""A sink that does not take events: since when, and how that shows. No I/O."""

from dataclasses import dataclass, replace
from typing import Self

from .report import Report

PATIENCE_SECONDS = 60.0
"""How long events may be retried before the source is told, and how often how it shows changes."""


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """The state of one sink; as long as *since* is None, all is well."""

    sink: str
    since: float | None = None
    told: float = 0.0
    shows: str = ""

    def after(self, shows: str, now: float) -> Self:
        """Return it after one more failure, which *shows* so.

        A sink that fails now this way and now that is not news each time.
        """
        if self.since is None:
            return replace(self, since=now, told=now, shows=shows)
        if shows != self.shows and now - self.told >= PATIENCE_SECONDS:
            return replace(self, told=now, shows=shows)
        return self

    def added_to(self, report: Report, now: float) -> Report:
        """Complete *report*: reading is not enough, if a sink takes nothing for long."""
        if not report.streaming or self.since is None or now - self.since < PATIENCE_SECONDS:
            return report
        return replace(
            report,
            streaming=False,
            reason="SinkFailing",
            message=f"The {self.sink} does not take events ({self.shows}). Nothing is skipped: "
            f"they are retried. Look at the {self.sink}.",
        )
