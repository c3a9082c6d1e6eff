"""The simulator as a client sees it that reads pages as bytes (on pyVmomi's connection)."""

import gzip
import http.client
import urllib.parse

import pytest
from lxml import etree
from pyVmomi import SoapAdapter, vim

from standalone.simulator import Simulator

ENVELOPE = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">'
    "<soapenv:Body>{}</soapenv:Body></soapenv:Envelope>"
)


READ_NEXT = vim.event.EventHistoryCollector.ReadNext.info


@pytest.fixture
def read_next(stub_of):
    """Return the HTTP response to ReadNextEvents and its body."""

    def answered(collector, **headers):
        stub = stub_of(collector)
        connection = stub.GetConnection()
        connection.request(
            "POST",
            stub.path,
            stub.SerializeRequest(collector, READ_NEXT, [1000]),
            {"Cookie": stub.cookie, "SOAPAction": stub.versionId, **headers},
        )
        try:
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            raise
        stub.ReturnConnection(connection)
        return response, body

    return answered


@pytest.fixture
def collector(vcenter, login, collect):
    return collect(login(vcenter))


def test_a_page_holds_the_bytes_of_the_history(vcenter, collector, read_next, powered_on, unknown):
    vcenter.history.extend([powered_on, unknown])

    response, body = read_next(collector)

    page = b"".join(record.xml for record in vcenter.history.read().records)
    assert response.status == 200
    assert b'<ReadNextEventsResponse xmlns="urn:vim25">' + page + b"</ReadN" in body
    assert [etree.QName(event).text for event in etree.fromstring(body).iter("{*}returnval")] == [
        "{urn:vim25}returnval",
        "{urn:vim25}returnval",
    ]


def test_an_expired_session_is_a_fault_that_pyvmomi_can_read(
    vcenter, collector, read_next, stub_of
):
    vcenter.faults.expire_sessions()

    response, body = read_next(collector)

    deserializer = SoapAdapter.SoapResponseDeserializer(stub_of(collector))
    fault = deserializer.Deserialize(body, READ_NEXT.result)
    assert (response.status, type(fault).__name__, fault.msg) == (
        500,
        "vim.fault.NotAuthenticated",
        "The session is not authenticated.",
    )


def test_gzip_is_sent_on_command_to_who_accepts_it(vcenter, collector, read_next, powered_on):
    vcenter.history.append(powered_on)
    vcenter.faults.compress = True

    packed, body = read_next(collector, **{"Accept-Encoding": "gzip"})
    plain, empty_page = read_next(collector)

    assert (plain.headers["Content-Encoding"], packed.headers["Content-Encoding"]) == (None, "gzip")
    assert vcenter.history.read().records[0].xml in gzip.decompress(body)
    assert b"returnval" not in empty_page


@pytest.fixture
def cut(vcenter):
    """Let the next page be cut; of a cut that hangs, the client shall see the end."""

    def begun(how):
        vcenter.faults.cut, vcenter.faults.cut_count = how, 1

    yield begun
    vcenter.faults.cut = None


def test_a_page_that_is_cut_is_lost(vcenter, collector, read_next, powered_on, cut):
    vcenter.history.append(powered_on)
    cut("short")
    response, half = read_next(collector)

    assert (response.status, response.headers["Content-Length"]) == (200, str(len(half)))
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(half)
    _, nothing = read_next(collector)
    assert b"returnval" not in nothing


@pytest.mark.parametrize(
    ("how", "fault"),
    [
        pytest.param("broken", http.client.IncompleteRead, id="hung up in the middle"),
        pytest.param("hanging", TimeoutError, id="silence in the middle"),
    ],
)
def test_a_page_can_end_before_its_length(  # noqa: PLR0913, PLR0917  # fixtures
    vcenter, collector, read_next, stub_of, powered_on, cut, how, fault
):
    stub_of(collector).DropConnections()
    stub_of(collector).schemeArgs["timeout"] = 0.3
    vcenter.history.append(powered_on)
    cut(how)

    with pytest.raises(fault):
        read_next(collector)


def test_a_page_without_events_is_not_cut(collector, read_next, cut):
    cut("short")

    _, empty = read_next(collector)

    assert etree.fromstring(empty) is not None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="nothing"),
        pytest.param("no XML", id="no XML"),
        pytest.param(ENVELOPE.format(""), id="no method"),
        pytest.param(ENVELOPE.format("<CurrentTime/>"), id="no receiver"),
        pytest.param(ENVELOPE.format("<a/><b/>"), id="two methods"),
    ],
)
def test_a_body_without_a_call_is_an_invalid_request(vcenter_over_http, body):
    status, answer = vcenter_over_http("POST", "/sdk", body)

    assert status == 500
    assert etree.fromstring(answer).find(".//{*}InvalidRequestFault") is not None


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", "/sdk"), ("POST", "/api")])
def test_other_addresses_are_not_found(vcenter_over_http, method, path):
    assert vcenter_over_http(method, path) == (404, b"")


@pytest.fixture
def vcenter_over_http():
    """Send requests to a plain simulator over one kept-alive connection."""
    with Simulator(tls=False) as vcenter:
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(vcenter.url).netloc)

        def ask(method, path, body=None):
            connection.request(method, path, body)
            response = connection.getresponse()
            return response.status, response.read()

        yield ask
        connection.close()
