"""Pages of vCenter's event history, as bytes, and what may come in their place."""

import types

import pytest
from pyVmomi import SoapStubAdapter, vim

import vsphere
from adapter import vcenter

COLLECTOR = (
    '<CreateCollectorForEventsResponse xmlns="urn:vim25"><returnval type="EventHistoryCollector">'
    "collector-1</returnval></CreateCollectorForEventsResponse>"
)
DESTROYED = '<DestroyCollectorResponse xmlns="urn:vim25"/>'
EXPIRED = (
    "<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring/><detail>"
    '<NotAuthenticatedFault xmlns="urn:vim25" xsi:type="NotAuthenticated">'
    '<object type="Folder">group-d1</object><privilegeId>System.View</privilegeId>'
    "</NotAuthenticatedFault></detail></soapenv:Fault>"
)


def soap(body):
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>{body}'
        "</soapenv:Body></soapenv:Envelope>"
    ).encode()


class History:
    """A vCenter that answers ReadNextEvents with *pages*, in turn, and takes note of its calls."""

    def __init__(self, serve, respond):
        self.respond = respond
        self.pages = []
        self.requests = []
        self.server = serve(self.answer)
        address = vsphere.Address.parse(f"http://127.0.0.1:{self.server.port}")
        stub = SoapStubAdapter(
            host=address.host, port=-address.port, version="vim.version.v8_0_3_0"
        )
        content = types.SimpleNamespace(
            eventManager=vim.event.EventManager("EventManager", stub),
            rootFolder=vim.Folder("group-d1", stub),
        )
        self.session = vsphere.Session(address, stub, content)

    def answer(self, request, _connection):
        self.requests.append(request.decode())
        if b"<CreateCollectorForEvents " in request:
            return self.respond(200, soap(COLLECTOR))
        if b"<DestroyCollector " in request:
            return self.respond(200, soap(DESTROYED))
        assert b"<ReadNextEvents " in request
        return self.pages.pop(0)


@pytest.fixture
def history(serve, respond):
    history = History(serve, respond)
    yield history
    history.session.stub.DropConnections()


def test_pages_come_byte_by_byte_over_one_connection(history, respond, noon):
    documents = [b"\x01 no XML at all", soap('<ReadNextEventsResponse xmlns="urn:vim25"/>')]
    history.pages = [respond(200, document) for document in documents]

    with vcenter.history(history.session, noon) as read:
        pages = [read(), read()]

    assert pages == documents
    created, first, second, destroyed = history.requests
    assert "<beginTime>2026-11-22T12:00:00Z</beginTime>" in created
    assert '<entity type="Folder">group-d1</entity><recursion>all</recursion>' in created
    for request in (first, second):
        assert ">collector-1</_this>" in request
        assert ">1000</maxCount>" in request
    assert "<DestroyCollector " in destroyed
    assert history.server.connections == 1


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        pytest.param(
            (500, soap(EXPIRED)), (vsphere.SessionError, "{} ended the session."), id="expired"
        ),
        pytest.param(
            (500, b"<html>proxy</html>"),
            (vsphere.UnreachableError, "{} cannot be reached: it answered 500 Whatever."),
            id="a proxy's 500",
        ),
        pytest.param(
            (503, b"starting"),
            (vsphere.UnreachableError, "{} cannot be reached: it answered 503 Whatever."),
            id="vCenter starts",
        ),
    ],
)
def test_what_comes_in_a_pages_place_is_an_error(history, respond, noon, page, expected):
    history.pages = [respond(*page)]

    with pytest.raises(expected[0]) as caught, vcenter.history(history.session, noon) as read:
        read()

    assert str(caught.value) == expected[1].format(history.session.address)


def test_a_vcenter_that_hangs_up_is_unreachable(history, noon):
    history.pages = [None]

    with (
        pytest.raises(vsphere.UnreachableError) as caught,
        vcenter.history(history.session, noon) as read,
    ):
        read()

    assert str(caught.value) == (
        f"{history.session.address} cannot be reached: "
        "Remote end closed connection without response."
    )


def test_a_collector_is_destroyed_after_an_error_too(history, respond, noon):
    """vCenter has 32 for a session."""
    history.pages = [respond(503)]

    with (
        pytest.raises(vsphere.UnreachableError),
        vcenter.history(history.session, noon) as read,
    ):
        read()

    assert "<DestroyCollector " in history.requests[-1]
