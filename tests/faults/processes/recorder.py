"""What a sink writes down, and what it is told to do with requests.

It has *taken* an event from the moment it has read it whole, if it answers 2xx or not at all: so
one that hangs or breaks off is the worst of its kind, and has the event already.
"""

import dataclasses
import json
import re

from lxml import etree

from tests.faults.evidence import GAP

TAKEN_ALIKE = {"hang", "reset", "half"}
_MACHINE = re.compile(rb'type"?[=:] ?"VirtualMachine"(?:[^>"]*>|, ?"value": ?")([^<"]+)[<"]')


@dataclasses.dataclass(frozen=True, kw_only=True)
class Behaviour:
    """What happens to requests: to each, to every n-th, or to those about one machine or event.

    *how* is `answer` (with *status*, after *delay* seconds), `hang`, `reset` (TCP) or `half` (an
    answer that breaks off); *patience* is how many times an event is treated so, if not for ever.
    """

    how: str = "answer"
    status: int = 202
    delay: float = 0.0
    headers: tuple = ()
    every: int = 1
    machine: str = ""
    id: str = ""
    patience: int = 0


@dataclasses.dataclass(slots=True)
class Arrival:
    """One request as it is written down; *life* is which life of the adapter had sent it.

    *data* is the media type of its data, if that can be read and tells of the event; or nothing.
    """

    id: str
    time: str
    data: str
    type: str
    life: str
    taken: bool
    answered: bool = False
    status: int = 0
    error_code: str = ""


class Recorder:
    """All that came, and the behaviour that is in force."""

    def __init__(self):
        self.arrivals = []
        self.behaviour = Behaviour()
        self._seen = set()
        self._treated = {}
        self._requests = 0

    def arrive(self, headers, body):
        """Write a request down and say what to do with it."""
        self._requests += 1
        behaviour = self.behaviour if self._concerns(headers, body) else Behaviour()
        taken = behaviour.how in TAKEN_ALIKE or 200 <= behaviour.status < 300
        arrival = Arrival(
            id=headers["ce-id"],
            time=headers["ce-time"],
            data=_media_type(headers, body),
            type=headers["ce-type"],
            life=headers.get("ce-life", ""),
            taken=taken,
            status=0 if behaviour.how in TAKEN_ALIKE else behaviour.status,
            error_code=headers.get("ce-knativeerrorcode", ""),
        )
        self.arrivals.append(arrival)
        self._seen.add((arrival.id, arrival.time))
        return arrival, behaviour

    @property
    def seen(self):
        return len(self._seen)

    def _concerns(self, headers, body):
        wanted = self.behaviour
        if self._requests % wanted.every:
            return False
        if wanted.machine:
            found = _MACHINE.search(body)
            if not found or found[1].decode() != wanted.machine:
                return False
        event = headers["ce-id"]
        if wanted.id and event != wanted.id:
            return False
        if wanted.patience:
            self._treated[event] = self._treated.get(event, 0) + 1
            return self._treated[event] <= wanted.patience
        return True


def _media_type(headers, body):
    try:
        data = _READERS[headers["content-type"]](body)
    except (KeyError, ValueError, SyntaxError):
        return ""
    of_event = str(data) == headers["ce-id"] or headers["ce-type"] == GAP
    return headers["content-type"] if of_event else ""


_READERS = {
    "application/json": lambda body: json.loads(body).get("key"),
    "application/xml": lambda body: etree.fromstring(body).findtext("key"),
}
