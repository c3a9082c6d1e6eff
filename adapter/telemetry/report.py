"""What the adapter tells its source's `status.adapter`: what the hooks cannot know. No I/O."""

import datetime as dt
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from adapter.events.message import instant

MOST_TYPES = 100
"""How many types of events are listed: whoever may post events to a vCenter may invent types."""

LONGEST_KIND = 256
"""A longer kind of event is not listed, for the same reason: a status has to stay small."""

LONGEST_TEXT = 4096
"""So much of a sentence is told: some quote what vCenter says."""

_CE_TYPE = "ce-type: "


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """An event that the sink would not take."""

    id: str
    type: str
    code: int
    """0 where there was no answer."""

    def to_object(self) -> dict[str, Any]:
        """As the CRD has it."""
        code = {"code": self.code} if self.code else {}
        return {"id": self.id, "type": self.type[:LONGEST_KIND], **code}


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A span of time of which events may be missing; *cause* is a sentence."""

    start: dt.datetime
    end: dt.datetime
    cause: str

    def __str__(self) -> str:
        """As logs and conditions say it."""
        told = self.to_object()
        return f"Events from {told['from']} to {told['to']} may be missing. {told['cause']}"

    def to_object(self) -> dict[str, Any]:
        """As the CRD has it."""
        return {
            "from": instant(self.start.replace(microsecond=0)),
            "to": instant(self.end.replace(microsecond=0)),
            "cause": self.cause[:LONGEST_TEXT],
        }


@dataclass(frozen=True, kw_only=True)
class Report:
    """The state of the stream, for `StreamReady`, and what became of events since the start."""

    streaming: bool | None = None
    reason: str = "Starting"
    message: str = "The adapter has not logged in yet."
    held_up: str = ""
    """What is said of an event that the sink does not take, if there is one."""
    refused_events: int = 0
    last_refused: Refusal | None = None
    dead_lettered_events: int = 0
    last_dead_lettered: Refusal | None = None
    gaps: int = 0
    last_gap: Gap | None = None
    stalls: int = 0
    event_source: str = ""
    event_types: tuple[str, ...] = ()

    @property
    def stream(self) -> tuple[bool | None, str, str]:
        """The part that is worth an immediate word."""
        return self.streaming, self.reason, self.message

    @property
    def said(self) -> str:
        """The message; a stream that flows has no other place for what it lacks."""
        gap = str(self.last_gap) if self.streaming and self.last_gap else ""
        return " ".join(filter(None, [self.message, self.held_up, gap]))

    def to_object(self) -> dict[str, Any]:
        """As the CRD has it."""
        status = {None: "Unknown", True: "True", False: "False"}[self.streaming]
        built: dict[str, Any] = {
            "streaming": status,
            "reason": self.reason,
            "message": self.said[:LONGEST_TEXT],
        }
        if self.last_refused is not None:
            built["refusedEvents"] = self.refused_events
            built["lastRefused"] = self.last_refused.to_object()
        if self.last_dead_lettered is not None:
            built["deadLetteredEvents"] = self.dead_lettered_events
            built["lastDeadLettered"] = self.last_dead_lettered.to_object()
        if self.last_gap is not None:
            built["gaps"] = self.gaps
            built["lastGap"] = self.last_gap.to_object()
        if self.stalls:
            built["stalls"] = self.stalls
        if self.event_types:
            built["eventSource"] = self.event_source
            built["eventTypes"] = list(self.event_types)
        return built


@dataclass(kw_only=True)
class EventTypes:
    """The types of the CloudEvents that have arrived, those of former processes included.

    The first `MOST_TYPES` stay, and later ones are not listed. The delivering thread calls
    `delivered`, another the rest; each only replaces tuples that are its own, so there is no lock.
    """

    source: str
    """The CloudEvents' source: types that were sent with another are forgotten."""
    _known: set[str] = field(default_factory=set, init=False)
    _arrived: tuple[str, ...] = field(default=(), init=False)
    _former: tuple[str, ...] = field(default=(), init=False)

    def delivered(self, kind: str, headers: tuple[str, ...]) -> None:
        """An event of vSphere's *kind* has arrived, with these *headers*."""
        if kind in self._known or len(self._known) >= MOST_TYPES or len(kind) > LONGEST_KIND:
            return
        self._known.add(kind)
        types = (item.removeprefix(_CE_TYPE) for item in headers if item.startswith(_CE_TYPE))
        self._arrived += tuple(map(urllib.parse.unquote, types))

    def recall(self, held: Mapping[str, Any]) -> None:
        """Go on from what `status.adapter` holds."""
        if held.get("eventSource") == self.source:
            self._former = tuple(held.get("eventTypes", ()))

    def added_to(self, report: Report) -> Report:
        """Complete *report*."""
        first = list(dict.fromkeys(self._former + self._arrived))[:MOST_TYPES]
        return replace(report, event_source=self.source, event_types=tuple(sorted(first)))
