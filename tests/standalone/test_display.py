"""The sink of the demonstration: what it shows, and what it takes."""

import http.client
import json

import pytest

from standalone.display import Display

HEADERS = {
    "ce-specversion": "1.0",
    "ce-id": "42",
    "ce-source": "https://vcenter/sdk",
    "ce-type": "com.vmware.vsphere.VmPoweredOnEvent.v0",
    "ce-time": "2026-05-01T12:00:00.123456Z",
    "ce-eventclass": "event",
}
ATTRIBUTES = {name.removeprefix("ce-"): value for name, value in HEADERS.items()}


@pytest.fixture
def shown():
    return []


@pytest.fixture
def post():
    """Send an event to a display, and return the status it answers."""

    def posted(display, body, **headers):
        connection = http.client.HTTPConnection(display.url.removeprefix("http://"))
        named = {f"ce-{name}": value for name, value in headers.items() if name != "datatype"}
        content = {"content-type": headers.get("datatype", "application/json")}
        connection.request("POST", "/", body.encode(), HEADERS | named | content)
        status = connection.getresponse().status
        connection.close()
        return status

    return posted


@pytest.mark.parametrize(
    ("datatype", "body", "data"),
    [
        pytest.param("application/json", '{"vm": "ü"}', {"vm": "ü"}, id="JSON"),
        pytest.param("application/xml", "<a>\n</a>", "<a>\n</a>", id="XML"),
    ],
)
def test_an_event_is_shown_as_one_line_of_structured_json(post, shown, datatype, body, data):
    with Display(shown.append) as display:
        assert post(display, body, datatype=datatype) == 202

    [line] = shown
    assert "\n" not in line
    assert json.loads(line) == ATTRIBUTES | {"datacontenttype": datatype, "data": data}


def test_events_are_counted_once_however_often_they_come(post, shown):
    with Display(shown.append) as display:
        for key, source in [("1", "a"), ("2", "a"), ("1", "a"), ("1", "b")]:
            post(display, "{}", id=key, source=source)

        assert display.distinct == 3
    assert len(shown) == 4


def test_an_event_that_cannot_be_shown_is_not_taken_and_so_comes_again(post):
    def fail(_line):
        raise BrokenPipeError

    with Display(fail) as display:
        assert post(display, "{}") == 503
        assert display.distinct == 0
