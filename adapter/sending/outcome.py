"""What the answer of a sink, or its silence, means for an event. No I/O."""

from dataclasses import dataclass, field
from enum import Enum

REFUSALS = frozenset({400, 413, 415, 422})
"""The only answers that mean "this event, never": the event itself cannot be taken."""


class Verdict(Enum):
    """What becomes of an event after a send."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    GIVEN_UP = "given_up"
    RETRY = "retry"
    DEAD_LETTER = "dead_letter"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How one send ended: with a status code, or with an error before there was one."""

    status: int = 0
    error: str = ""
    written: bool = True
    """Whether any of the request may have reached the sink."""
    retry_after: float = 0.0
    """Seconds that the sink asked to wait."""
    seconds: float = field(default=0.0, compare=False)
    """How long it took."""
    body: bytes = field(default=b"", repr=False)
    """How the sink explains a failure; for the dead-letter sink only."""

    def __str__(self) -> str:
        """As logs and conditions say it; never with the response's body."""
        return f"status {self.status}" if self.status else self.error


def judge(
    answer: Answer, *, at_most_once: bool, retries_left: bool = True, dead_letters: bool = False
) -> Verdict:
    """Decide by the sink's status code.

    Redirects, 401, 403 and 404 are retried: a sink that is set up wrongly gets mended, and until
    then nothing is lost. *at_most_once* sends again only what no sink can have seen. What the sink
    will not get any more, *dead_letters* get.
    """
    if _success(answer):
        return Verdict.DELIVERED
    if answer.status in REFUSALS:
        end = Verdict.REFUSED
    elif (answer.written and at_most_once) or not retries_left:
        end = Verdict.GIVEN_UP
    else:
        return Verdict.RETRY
    return Verdict.DEAD_LETTER if dead_letters else end


def judge_dead_letter(answer: Answer, *, at_most_once: bool) -> Verdict:
    """Decide by the answer of the dead-letter sink: it refuses nothing for good."""
    if _success(answer):
        return Verdict.DELIVERED
    return Verdict.GIVEN_UP if answer.written and at_most_once else Verdict.RETRY


def _success(answer: Answer) -> bool:
    return 200 <= answer.status < 300  # noqa: PLR2004  HTTP's class of success codes
