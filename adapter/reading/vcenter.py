"""vCenter's event collectors, whose answers stay bytes.

pyVmomi makes the calls, but does not decode events: one of an unknown type would cost the page.
"""

import contextlib
import datetime as dt
import http.client
import socket
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

from pyVmomi import SoapAdapter, VmomiSupport, vim, vmodl

import vsphere

MOST_EVENTS = 1000
"""As many as vCenter gives at once (vSphere Web Services API, EventHistoryCollector)."""

Waiting = Callable[[socket.socket], contextlib.AbstractContextManager[object]]
"""What surrounds the time in which an answer is waited for."""


class NotServedError(vsphere.CallError):
    """The server has no such call; another may serve in its place."""


@dataclass(frozen=True, kw_only=True)
class Collector:
    """A view of vCenter's events; see "EventHistoryCollector" in the vSphere Web Services API."""

    session: vsphere.Session
    managed: vim.event.EventHistoryCollector

    def read_next(self, most: int) -> bytes:
        """Read up to *most* events, the oldest first, and move behind them."""
        # pyVmomi's name for ReadNextEvents
        return call(self.session, self.managed, "ReadNext", most)

    def latest_page(self) -> bytes:
        """Read the newest events, in no order; that moves nothing."""
        return exchange(
            self.session, self.managed, _fetch(self.managed, "latestPage"), ["latestPage"]
        )


@contextlib.contextmanager
def collector(
    session: vsphere.Session,
    *,
    begin: dt.datetime | None = None,
    end: dt.datetime | None = None,
    page: int = MOST_EVENTS,
) -> Iterator[Collector]:
    """Open a collector of the events in that span; *page* is the size of its latest page.

    It is destroyed at the end: vCenter allows 32 a session. Raises `vsphere.VSphereError`.
    """
    with translated(session):
        managed = session.content.eventManager.CreateCollectorForEvents(
            _filter(session, begin, end, page)
        )
    with removing(session, managed.DestroyCollector):
        yield Collector(session=session, managed=managed)


@contextlib.contextmanager
def removing(session: vsphere.Session, remove: Callable[[], object]) -> Iterator[None]:
    """Leave nothing behind in vCenter: at the end, call *remove*.

    When vCenter has become unreachable, that would only take time: all goes with the session.
    """
    reached = True
    try:
        yield
    except vsphere.UnreachableError:
        reached = False
        raise
    finally:
        if reached:
            with contextlib.suppress(vsphere.VSphereError), session.errors():
                remove()


def query(
    session: vsphere.Session, *, begin: dt.datetime | None = None, end: dt.datetime | None = None
) -> bytes:
    """Read the events in that span without a collector; of many, some are left out."""
    spec = _filter(session, begin, end, MOST_EVENTS)
    # pyVmomi's name for QueryEvents
    return call(session, session.content.eventManager, "QueryEvent", spec)


def span(
    session: vsphere.Session, begin: dt.datetime | None, end: dt.datetime | None, *, most: int
) -> Generator[bytes]:
    """Read the first events in that span, and what the server gives in their place.

    That is worth asking for when there are none, for an account may not see the first.
    """
    try:
        with collector(session, begin=begin, end=end, page=most) as opened:
            with contextlib.suppress(NotServedError):
                yield opened.read_next(most)
            yield opened.latest_page()
    except NotServedError:
        yield query(session, begin=begin, end=end)


def call(
    session: vsphere.Session,
    managed: Any,  # noqa: ANN401  pyVmomi
    method: str,
    *arguments: object,
    waiting: Waiting = contextlib.nullcontext,
) -> bytes:
    """Call *method*, and return the answer as it is."""
    info = managed._GetMethodInfo(method)  # noqa: SLF001  pyVmomi's own way to look it up
    return exchange(session, managed, info, list(arguments), waiting=waiting)


def exchange(
    session: vsphere.Session,
    managed: Any,  # noqa: ANN401  pyVmomi
    info: Any,  # noqa: ANN401  pyVmomi
    arguments: list[object],
    *,
    waiting: Waiting = contextlib.nullcontext,
) -> bytes:
    """Make a call over pyVmomi's own connection and session, without its decoder."""
    stub = session.stub
    request = stub.SerializeRequest(managed, info, arguments)
    headers = {
        "Cookie": stub.cookie,
        "SOAPAction": stub.versionId,
        "Content-Type": "text/xml; charset=utf-8",
    }
    with translated(session):
        connection = stub.GetConnection()
        try:
            connection.request("POST", stub.path, request, headers)
            with waiting(connection.sock):
                response = connection.getresponse()
                body: bytes = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            stub.DropConnections()
            raise
        stub.ReturnConnection(connection)
        if response.status == http.HTTPStatus.INTERNAL_SERVER_ERROR:
            # That is how SOAP answers a fault, but a proxy in between answers so too.
            fault = SoapAdapter.SoapResponseDeserializer(stub).Deserialize(body, info.result)
            if isinstance(fault, Exception):
                raise fault
        if response.status != http.HTTPStatus.OK:
            raise http.client.HTTPException(f"it answered {response.status} {response.reason}")
    return body


@contextlib.contextmanager
def translated(session: vsphere.Session) -> Iterator[None]:
    """Raise our errors; a call that the server does not have is a `NotServedError`."""
    with session.errors():
        try:
            yield
        except (
            vmodl.fault.NotSupported,
            vmodl.fault.NotImplemented,
            vmodl.fault.MethodNotFound,
        ) as fault:
            raise NotServedError(f"{session.address} does not serve a call: {fault.msg}") from fault


def _filter(
    session: vsphere.Session, begin: dt.datetime | None, end: dt.datetime | None, page: int
) -> vim.event.EventFilterSpec:
    return vim.event.EventFilterSpec(
        entity=vim.event.EventFilterSpec.ByEntity(
            entity=session.content.rootFolder, recursion="all"
        ),
        time=vim.event.EventFilterSpec.ByTime(beginTime=begin, endTime=end),
        maxCount=page,
    )


def _fetch(managed: Any, name: str) -> Any:  # noqa: ANN401  pyVmomi
    """Describe the call by which pyVmomi reads a property."""
    info = managed._GetPropertyInfo(name)  # noqa: SLF001  pyVmomi's own way to look it up
    return VmomiSupport.Object(
        name=name,
        wsdlName="Fetch",
        version=info.version,
        params=(VmomiSupport.Object(name="prop", type=str, version=info.version, flags=0),),
        result=info.type,
    )
