"""What the answer of a sink, or its silence, means for an event. No I/O."""

from dataclasses import dataclass
from enum import Enum

REFUSALS = frozenset({400, 413, 415, 422})
"""The only answers that mean "this event, never": the event itself cannot be taken."""


class Verdict(Enum):
    """What becomes of an event after a send."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    GIVEN_UP = "given_up"
    RETRY = "retry"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How one send ended: with a status code, or with an error before there was one."""

    status: int = 0
    error: str = ""
    written: bool = True
    """Whether any of the request may have reached the sink."""
    retry_after: float = 0.0
    """Seconds that the sink asked to wait."""

    def __str__(self) -> str:
        """As logs and conditions say it; never with the response's body."""
        return f"status {self.status}" if self.status else self.error


def judge(answer: Answer, *, at_most_once: bool) -> Verdict:
    """Decide by the status code; *at_most_once* sends again only what no sink can have seen.

    Redirects, 401, 403 and 404 are retried: a sink that is set up wrongly gets mended, and until
    then nothing is lost.
    """
    if 200 <= answer.status < 300:  # noqa: PLR2004  HTTP's class of success codes
        return Verdict.DELIVERED
    if answer.status in REFUSALS:
        return Verdict.REFUSED
    if at_most_once and answer.written:
        return Verdict.GIVEN_UP
    return Verdict.RETRY
