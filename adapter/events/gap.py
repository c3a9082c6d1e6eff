"""Gaps: spans of time of which events may be missing, and how the stream tells of them. No I/O."""

import contextlib
import datetime as dt
import json
import zlib
from dataclasses import dataclass
from enum import Enum

from lxml import etree

from .message import instant, moment

KIND = "source.gap"
"""The word for it in the CloudEvent's type."""

COMPRESSED = "com.vmware.vc.EventBurstCompressedEvent"
"""What vCenter keeps in the place of the events of a burst, from the 31st on."""

_NO_EVENT = 2**32
"""Keys of vCenter have 32 bits; those of gaps lie above."""


class Cause(Enum):
    """Why events may be missing."""

    CHECKPOINT_TOO_OLD = "CheckpointTooOld"
    CHECKPOINT_UNUSABLE = "CheckpointUnusable"
    HISTORY_REMOVED = "HistoryRemoved"
    PAGE_OVERRUN = "PageOverrun"
    BURST_COMPRESSED = "BurstCompressed"
    EVENT_UNREADABLE = "EventUnreadable"


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Events created from *start* to *end* may be missing.

    *mark* tells it from others that start at the same time.
    """

    start: dt.datetime
    end: dt.datetime
    cause: Cause
    message: str
    mark: int

    @property
    def id(self) -> str:
        """The CloudEvent's id, the same whenever the same gap is found."""
        return f"gap-{instant(self.start)}-{self.mark}"

    @property
    def key(self) -> int:
        """A key that no event of vCenter has."""
        return _NO_EVENT + self.mark % _NO_EVENT

    def json(self) -> bytes:
        """Write the data as JSON."""
        return json.dumps({"_typeName": "SourceGap", **self._fields()}).encode()

    def xml(self) -> bytes:
        """Write the data as XML."""
        root = etree.Element("SourceGap")
        for name, value in self._fields().items():
            etree.SubElement(root, name).text = value
        return etree.tostring(root)

    def _fields(self) -> dict[str, str]:
        return {
            "severity": "warning",
            "from": instant(self.start),
            "to": instant(self.end),
            "cause": self.cause.value,
            "message": self.message,
        }


def unreadable(event: etree._Element | bytes, why: str, *, near: dt.datetime) -> Gap:
    """Tell of one event that can be sent in no form; *near* is the time of the one before."""
    text = event if isinstance(event, bytes) else etree.tostring(event)
    # In each kind of answer the event itself has another tag.
    text = text.partition(b">")[2].rpartition(b"</")[0]
    return Gap(
        start=near,
        end=near,
        cause=Cause.EVENT_UNREADABLE,
        message=f"An event cannot be read: {why}.",
        mark=zlib.crc32(text),
    )


def compressed(event: etree._Element, *, key: int, created: dt.datetime) -> Gap:
    """Tell what an *event* of the type `COMPRESSED` means for whoever reads a history."""
    told = {"count": "some", "eventType": "one type"}
    told |= {
        item.findtext("key", ""): item.findtext("value", "") for item in event.iterfind("arguments")
    }
    start = created
    with contextlib.suppress(KeyError, ValueError):
        start = moment(told["burstStartTime"])
    return Gap(
        start=start,
        end=created,
        cause=Cause.BURST_COMPRESSED,
        message=f"vCenter compressed a burst: of {told['eventType']}, {told['count']} events are "
        "not in its history. What was read as it happened has been sent.",
        mark=key,
    )
