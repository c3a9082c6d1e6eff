"""The properties of managed objects that readers of events look at."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from .history import EVERYTHING, History, Record
from .markup import text
from .sessions import Operation, Path, Session
from .soap import Call, SoapFault, not_found

LATEST_PAGE = ("EventHistoryCollector", "latestPage")
LATEST_EVENT = ("EventManager", "latestEvent")


class Properties:
    """Looks up the newest events of *history*, and what is *fixed*: type and name to a value.

    Values are written as `returnval`; one that is not set is empty.
    """

    def __init__(self, history: History, fixed: Mapping[tuple[str, str], str]) -> None:
        self._history = history
        self._fixed = fixed
        self.operations: dict[str, Operation] = {
            f"{kind}.{name}": self._fetch for kind, name in (LATEST_PAGE, LATEST_EVENT, *fixed)
        }
        self.operations["PropertyCollector.RetrievePropertiesEx"] = self._retrieve

    def value(self, session: Session, path: Path) -> bytes:
        """Return what *path* is now."""
        match path.kind, path.name:
            case "EventHistoryCollector", "latestPage":
                collector = session.collectors.get(path.identifier)
                if collector is None:
                    raise not_found(path.kind, path.identifier)
                newest = self._history.newest(collector.page_size, view=collector.view)
                return _array([record for _, record in newest])
            case "EventManager", "latestEvent":
                return b"".join(record.xml for _, record in self._history.newest(1))
        if (path.kind, path.name) not in self._fixed:
            raise SoapFault("InvalidProperty", "", text("name", path.name))
        return self._fixed[path.kind, path.name].encode()

    def position(self, session: Session, path: Path, *, since: int = 0) -> int:
        """Return where the newest event in *path* stands, or -1 if there is none *since* then."""
        collector = session.collectors.get(path.identifier)
        if (path.kind, path.name) == LATEST_EVENT:
            view = EVERYTHING
        elif (path.kind, path.name) == LATEST_PAGE and collector:
            view = collector.view
        else:
            return -1
        return max((at for at, _ in self._history.newest(1, view=view, since=since)), default=-1)

    def _fetch(self, call: Call, session: Session) -> bytes:
        return self.value(
            session, Path(kind=call.kind, identifier=call.receiver, name=call.text("prop") or "")
        )

    def _retrieve(self, call: Call, session: Session) -> bytes:
        found = [
            b"<objects>%s%s</objects>"
            % (paths[0].reference, b"".join(self._written(session, path) for path in paths))
            for spec in call.all("specSet")
            for paths in specified(spec)
        ]
        return b"<returnval>%s</returnval>" % b"".join(found) if found else b""

    def _written(self, session: Session, path: Path) -> bytes:
        value = renamed(self.value(session, path), "val")
        if not value:
            return b""
        return b"<propSet><name>%s</name>%s</propSet>" % (path.name.encode(), value)


def specified(spec: etree._Element) -> list[list[Path]]:
    """Read what a PropertyFilterSpec asks for, object by object; each has a property at least."""
    asked = [
        [
            Path(kind=obj.get("type", ""), identifier=obj.text or "", name=name.text or "")
            for wanted in spec.iterfind("{*}propSet")
            if wanted.findtext("{*}type") == obj.get("type")
            for name in wanted.iterfind("{*}pathSet")
        ]
        for obj in spec.iterfind("{*}objectSet/{*}obj")
    ]
    return [paths for paths in asked if paths]


def renamed(returnval: bytes, name: str) -> bytes:
    """Give a `returnval`, if there is one, another name."""
    if not returnval:
        return b""
    inner = returnval.removeprefix(b"<returnval").removesuffix(b"</returnval>")
    return b"<%s%s</%s>" % (name.encode(), inner, name.encode())


def _array(records: list[Record]) -> bytes:
    return b'<returnval xsi:type="ArrayOfEvent">%s</returnval>' % b"".join(
        renamed(record.xml, "Event") for record in records
    )
