"""What the adapter tells its source's `status.adapter`: what the hooks cannot know. No I/O."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """The last event that the sink would not take."""

    id: str
    type: str
    code: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """The state of the stream, for the condition `StreamReady`, and what the sink refused."""

    streaming: bool | None = None
    reason: str = "Starting"
    message: str = "The adapter has not logged in yet."
    refused_events: int = 0
    last_refused: Refusal | None = None

    @property
    def stream(self) -> tuple[bool | None, str, str]:
        """The part that is worth an immediate word."""
        return self.streaming, self.reason, self.message

    def to_object(self) -> dict[str, Any]:
        """As the CRD has it."""
        status = {None: "Unknown", True: "True", False: "False"}[self.streaming]
        built: dict[str, Any] = {
            "streaming": status,
            "reason": self.reason,
            "message": self.message,
        }
        if self.last_refused is not None:
            built["refusedEvents"] = self.refused_events
            built["lastRefused"] = vars(self.last_refused).copy()
        return built
