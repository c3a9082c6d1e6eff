"""vCenter's event history, a page of bytes at a time."""

import contextlib
import datetime as dt
import http.client
from collections.abc import Callable, Iterator

from pyVmomi import SoapAdapter, vim

import vsphere

PAGE_EVENTS = 1000
"""As many as vCenter gives at once (vSphere Web Services API, EventHistoryCollector)."""


@contextlib.contextmanager
def history(session: vsphere.Session, begin: dt.datetime) -> Iterator[Callable[[], bytes]]:
    """Open a collector of all events from *begin* on, and yield what reads its next page.

    The page is the SOAP answer as bytes, for pyVmomi would lose all of it over one event of an
    unknown type. The collector is destroyed at the end: vCenter allows 32 a session. Raises
    `vsphere.VSphereError`.
    """
    with session.errors():
        collector = session.content.eventManager.CreateCollectorForEvents(
            vim.event.EventFilterSpec(
                entity=vim.event.EventFilterSpec.ByEntity(
                    entity=session.content.rootFolder, recursion="all"
                ),
                time=vim.event.EventFilterSpec.ByTime(beginTime=begin),
            )
        )
    try:
        yield lambda: _read_next(session, collector)
    finally:
        with contextlib.suppress(vsphere.VSphereError), session.errors():
            collector.DestroyCollector()


def _read_next(session: vsphere.Session, collector: vim.event.EventHistoryCollector) -> bytes:
    """Call ReadNextEvents over pyVmomi's own connection and session, without its decoder."""
    stub = session.stub
    method = collector._GetMethodInfo("ReadNext")  # noqa: SLF001  pyVmomi's name for ReadNextEvents
    request = stub.SerializeRequest(collector, method, [PAGE_EVENTS])
    headers = {
        "Cookie": stub.cookie,
        "SOAPAction": stub.versionId,
        "Content-Type": "text/xml; charset=utf-8",
    }
    with session.errors():
        connection = stub.GetConnection()
        try:
            connection.request("POST", stub.path, request, headers)
            response = connection.getresponse()
            body: bytes = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            stub.DropConnections()
            raise
        stub.ReturnConnection(connection)
        if response.status == http.HTTPStatus.INTERNAL_SERVER_ERROR:
            # That is how SOAP answers a fault, but a proxy in between answers so too.
            fault = SoapAdapter.SoapResponseDeserializer(stub).Deserialize(body, method.result)
            if isinstance(fault, Exception):
                raise fault
        if response.status != http.HTTPStatus.OK:
            raise http.client.HTTPException(f"it answered {response.status} {response.reason}")
    return body
