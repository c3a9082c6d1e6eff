"""What a plausible event is about: who, where, when. Stories (`plausible`) turn it into events."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

from . import events
from .events import Event
from .inventory import Machine
from .markup import text


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scene:
    """The facts that both events of a story share, and the time of the one to be told."""

    story: int
    """Counts stories; what a story makes up (a session, a task) is named after it."""

    roll: int
    """A die with 1000 sides, thrown once a story."""

    machine: Machine
    user: str
    created: dt.datetime
    chain: int

    @property
    def site(self) -> str:
        """Where the machine is, as messages say it."""
        return f"{self.machine.host.name} in {self.machine.datacenter.name}"

    def event(self, kind: str, place: str, message: str, details: str = "") -> Event:
        """Build an event of this scene."""
        return events.event(
            kind,
            created=self.created,
            user=self.user,
            place=place,
            message=message,
            details=details,
            chain=self.chain,
        )

    def vm_event(self, kind: str, message: str, details: str = "") -> Event:
        """Build an event of the scene's machine."""
        template = text("template", value=False)
        return self.event(kind, events.vm_place(self.machine), message, template + details)


Teller = Callable[[Scene], Event]
Story = tuple[Teller, Teller]
"""What happens first, and what comes of it."""
