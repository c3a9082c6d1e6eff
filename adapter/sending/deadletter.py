"""Dead letters: events that the sink did not take, with Knative's extensions that say why. No I/O.

They are those of Knative's dispatcher (`kncloudevents`), so that what reads its dead letters reads
ours.
"""

import base64
import dataclasses
from urllib.parse import quote

from adapter.events.event import Event

from .outcome import Answer

LONGEST_BODY = 768
"""Bytes of an answer's body that are told on: 1,024 characters of base64, Knative's limit."""

_PREFIX = "ce-knativeerror"
_SAFE = "!#$&'()*+,/:;<=>?@[\\]^`{|}"
"""What CloudEvents' HTTP binding leaves as it is, besides what `quote` does: not space, ", %."""


def dead_letter(event: Event, answer: Answer, *, url: str) -> Event:
    """Return *event* as the dead-letter sink gets it: *answer* was the last of the sink at *url*.

    No answer counts as status 500 with the error as its body, as in Knative.
    """
    body = answer.body if answer.status else f"dispatch error: {answer.error}".encode()
    data = base64.b64encode(body[:LONGEST_BODY]).decode()
    headers = [header for header in event.headers if not header.startswith(_PREFIX)]
    headers.append(f"{_PREFIX}dest: {quote(url, safe=_SAFE)}")
    headers.append(f"{_PREFIX}code: {answer.status or 500}")
    if data:
        # An attribute of a CloudEvent is never empty.
        headers.append(f"{_PREFIX}data: {data}")
    return dataclasses.replace(event, headers=tuple(headers))
