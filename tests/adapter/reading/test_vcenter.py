"""Calls to vCenter whose answers stay bytes, and what may come in their place."""

import types

import pytest
from pyVmomi import SoapStubAdapter, vim

import vsphere
from adapter.reading import vcenter

COLLECTOR = (
    '<CreateCollectorForEventsResponse xmlns="urn:vim25"><returnval type="EventHistoryCollector">'
    "collector-1</returnval></CreateCollectorForEventsResponse>"
)
DESTROYED = '<DestroyCollectorResponse xmlns="urn:vim25"/>'


def fault(name):
    return (
        "<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>no</faultstring><detail>"
        f'<{name}Fault xmlns="urn:vim25" xsi:type="{name}"/></detail></soapenv:Fault>'
    )


EXPIRED = fault("NotAuthenticated").replace(
    "/></detail>",
    '><object type="Folder">group-d1</object><privilegeId>System.View</privilegeId>'
    "</NotAuthenticatedFault></detail>",
)


def soap(body):
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>{body}'
        "</soapenv:Body></soapenv:Envelope>"
    ).encode()


class Peer:
    """A vCenter that answers calls with *answers*, by their name, and takes note of them."""

    def __init__(self, serve, respond):
        self.answers = {
            "CreateCollectorForEvents": [respond(200, soap(COLLECTOR))],
            "DestroyCollector": [respond(200, soap(DESTROYED))],
        }
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
        text = request.decode()
        self.requests.append(text)
        [name] = [name for name in self.answers if f"<{name} " in text]
        return self.answers[name].pop(0)


@pytest.fixture
def peer(serve, respond):
    peer = Peer(serve, respond)
    yield peer
    peer.session.stub.DropConnections()


def test_pages_come_byte_by_byte_over_one_connection(peer, respond, noon):
    documents = [b"\x01 no XML at all", soap('<ReadNextEventsResponse xmlns="urn:vim25"/>')]
    peer.answers["ReadNextEvents"] = [respond(200, document) for document in documents]

    with vcenter.collector(peer.session, begin=noon, page=7) as collector:
        pages = [collector.read_next(250), collector.read_next(1000)]

    assert pages == documents
    created, first, second, destroyed = peer.requests
    assert "<beginTime>2026-11-22T12:00:00Z</beginTime>" in created
    assert '<entity type="Folder">group-d1</entity><recursion>all</recursion>' in created
    assert ">7</maxCount>" in created
    for request, count in ((first, 250), (second, 1000)):
        assert ">collector-1</_this>" in request
        assert f">{count}</maxCount>" in request
    assert "<DestroyCollector " in destroyed
    assert peer.server.connections == 1


def test_the_latest_page_comes_as_bytes_too(peer, respond):
    document = b"<unheard-of/>"
    peer.answers["Fetch"] = [respond(200, document)]

    with vcenter.collector(peer.session) as collector:
        assert collector.latest_page() == document

    assert ">latestPage</prop>" in peer.requests[1]


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
        pytest.param(
            (500, soap(fault("NotSupported"))),
            (vcenter.NotServedError, "{} does not serve a call: no"),
            id="not served",
        ),
    ],
)
def test_what_comes_in_a_pages_place_is_an_error(peer, respond, page, expected):
    peer.answers["ReadNextEvents"] = [respond(*page)]

    with pytest.raises(expected[0]) as caught, vcenter.collector(peer.session) as collector:
        collector.read_next(1)

    assert str(caught.value) == expected[1].format(peer.session.address)


def test_a_vcenter_that_hangs_up_is_unreachable(peer):
    peer.answers["ReadNextEvents"] = [None]

    with (
        pytest.raises(vsphere.UnreachableError) as caught,
        vcenter.collector(peer.session) as collector,
    ):
        collector.read_next(1)

    assert str(caught.value) == (
        f"{peer.session.address} cannot be reached: Remote end closed connection without response."
    )


def test_a_collector_is_destroyed_after_an_error_too(peer, respond):
    """vCenter has 32 for a session."""
    peer.answers["ReadNextEvents"] = [respond(500, soap(fault("InvalidState")))]

    with pytest.raises(vsphere.CallError), vcenter.collector(peer.session) as collector:
        collector.read_next(1)

    assert "<DestroyCollector " in peer.requests[-1]


def test_a_vcenter_that_is_out_of_reach_is_not_asked_to_destroy_a_collector(peer, respond):
    """It would take as long again; the collector goes with the session."""
    peer.answers["ReadNextEvents"] = [respond(503)]

    with pytest.raises(vsphere.UnreachableError), vcenter.collector(peer.session) as collector:
        collector.read_next(1)

    assert "<ReadNextEvents " in peer.requests[-1]


PAGE = b"<page/>"


@pytest.mark.parametrize(
    ("refused", "calls"),
    [
        pytest.param(
            [],
            ["CreateCollectorForEvents", "ReadNextEvents", "Fetch", "DestroyCollector"],
            id="none: by a collector, and its latest page",
        ),
        pytest.param(
            ["ReadNextEvents"],
            ["CreateCollectorForEvents", "ReadNextEvents", "Fetch", "DestroyCollector"],
            id="reading on: by its latest page",
        ),
        pytest.param(
            ["CreateCollectorForEvents"],
            ["CreateCollectorForEvents", "QueryEvents"],
            id="collectors: by a query",
        ),
    ],
)
def test_a_span_is_read_by_what_is_not_refused(peer, respond, noon, refused, calls):
    for name in ("ReadNextEvents", "Fetch", "QueryEvents"):
        peer.answers[name] = [respond(200, PAGE)]
    for name in refused:
        peer.answers[name] = [respond(500, soap(fault("NotSupported")))]

    pages = list(vcenter.span(peer.session, None, noon, most=3))

    assert set(pages) == {PAGE}
    made = [name for text in peer.requests for name in peer.answers if f"<{name} " in text]
    assert made == calls
    assert "<endTime>2026-11-22T12:00:00Z</endTime>" in peer.requests[0]
    assert "beginTime" not in peer.requests[0]
