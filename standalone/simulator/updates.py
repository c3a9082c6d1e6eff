"""What a property collector has to tell its reader."""

from __future__ import annotations

import dataclasses

from .markup import reference, text
from .properties import Properties, renamed
from .sessions import Path, PropertyCollector, Session

Filters = dict[str, dict[Path, int]]
"""Properties by filter, each with the position of the newest event that was told of it."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Updates:
    """The changes of the properties that *collector* of *session* watches."""

    properties: Properties
    session: Session
    collector: PropertyCollector

    def changed(self) -> Filters:
        """Find the properties that have changed since they were told."""
        found = {
            name: {
                path: told
                for path, told in watched.items()
                if self.properties.position(self.session, path, since=told + 1) > told
            }
            for name, watched in list(self.collector.filters.items())
        }
        return {name: paths for name, paths in found.items() if paths}

    def tell(self, changed: Filters, kind: bytes) -> bytes:
        """Write what the *changed* properties are now, whole, as a new version."""
        self.collector.version += 1
        sets = b"".join(
            b"<filterSet>%s%s</filterSet>"
            % (
                reference("filter", "PropertyFilter", name).encode(),
                b"".join(self._told(name, path, kind) for path in paths),
            )
            for name, paths in changed.items()
        )
        version = text("version", self.collector.version).encode()
        return b"<returnval>%s%s</returnval>" % (version, sets)

    def _told(self, name: str, path: Path, kind: bytes) -> bytes:
        position = self.properties.position(self.session, path)
        value = renamed(self.properties.value(self.session, path), "val")
        # The filter may have been destroyed while its reader waited.
        self.collector.filters.get(name, {})[path] = position
        change = b"<name>%s</name><op>assign</op>%s" % (path.name.encode(), value)
        return b"<objectSet><kind>%s</kind>%s%s</objectSet>" % (
            kind,
            path.reference,
            b"<changeSet>%s</changeSet>" % change if value else b"",
        )
