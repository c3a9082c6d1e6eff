"""CloudEvents 1.0 over HTTP in binary mode: the attributes as headers. No I/O.

The CloudEvents SDK writes the same, at 30 microseconds an event and two MiB of memory.
"""

import datetime as dt
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field

_SAFE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')
"""What a header holds as it is (CloudEvents HTTP Protocol Binding, section 3.1.3.2)."""

_MOST_KINDS = 1024
"""So many ready-made parts are kept: whoever may post events to a vCenter may invent types."""


@dataclass(frozen=True, kw_only=True)
class Template:
    """What the messages of one source have in common; *extensions* may replace what we add."""

    source: str
    encoding: str
    extensions: Mapping[str, str]
    _parts: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict, init=False)

    def headers(
        self,
        *,
        id: str,  # noqa: A002  CloudEvents' own name of it
        created: dt.datetime,
        kind: str,
        event_class: str,
    ) -> tuple[str, ...]:
        """Write the headers of one message; *kind* is the word that tells its type."""
        common = self._parts.get((kind, event_class))
        if common is None:
            common = self._common(kind, event_class)
            if len(self._parts) < _MOST_KINDS:
                self._parts[kind, event_class] = common
        return (f"ce-id: {id}", f"ce-time: {instant(created)}", *common)

    def _common(self, kind: str, event_class: str) -> tuple[str, ...]:
        attributes = {
            "specversion": "1.0",
            "source": self.source,
            "type": f"com.vmware.vsphere.{kind}.v0",
            "eventclass": event_class,
            **self.extensions,
        }
        quoted = (
            f"ce-{name}: {urllib.parse.quote(value, safe=_SAFE)}"
            for name, value in attributes.items()
        )
        return (*quoted, f"content-type: {self.encoding}")


def instant(time: dt.datetime) -> str:
    """Write a time as RFC 3339 has it."""
    return time.isoformat().replace("+00:00", "Z")


def moment(text: str) -> dt.datetime:
    """Read a time of vCenter's, in UTC as all without a zone are; raises `ValueError`."""
    time = dt.datetime.fromisoformat(text)
    try:
        return time.astimezone(dt.UTC) if time.tzinfo else time.replace(tzinfo=dt.UTC)
    except OverflowError as error:
        raise ValueError(f"{text} is no time in UTC") from error
