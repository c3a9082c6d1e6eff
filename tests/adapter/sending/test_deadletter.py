"""Dead letters: the event as it was, and Knative's extensions."""

import base64
import dataclasses
import datetime as dt

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_binary, to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import example, given
from hypothesis import strategies as st

from adapter.events.event import Event
from adapter.sending.deadletter import dead_letter
from adapter.sending.outcome import Answer

URL = "http://sink.example.com/events"


def encoded(text):
    return base64.b64encode(text).decode()


@pytest.mark.parametrize(
    ("answer", "extensions"),
    [
        pytest.param(
            Answer(status=422, body=b"no such field"),
            {"code": "422", "data": encoded(b"no such field")},
            id="an answer with a reason",
        ),
        pytest.param(Answer(status=503), {"code": "503"}, id="an answer without a word"),
        pytest.param(
            Answer(status=400, body=b"\xff\x00" * 999),
            {"code": "400", "data": encoded(b"\xff\x00" * 384)},
            id="a long answer, cut to 1,024 characters",
        ),
        pytest.param(
            Answer(error="Empty reply from server"),
            {"code": "500", "data": encoded(b"dispatch error: Empty reply from server")},
            id="no answer, as Knative writes it",
        ),
    ],
)
def test_extensions_say_where_the_event_failed_and_how(make_event, answer, extensions):
    event = make_event(7)
    written = {"dest": URL, **extensions}

    assert dead_letter(event, answer, url=URL) == Event(
        key=7,
        created=event.created,
        type=event.type,
        order_key=event.order_key,
        headers=(
            *event.headers,
            *(f"ce-knativeerror{name}: {value}" for name, value in written.items()),
        ),
        body=event.body,
    )


def test_extensions_of_that_name_that_an_event_has_already_are_replaced(make_event):
    once = dead_letter(make_event(7), Answer(status=503, body=b"first"), url="http://other")

    assert dead_letter(once, Answer(status=404), url=URL) == dead_letter(
        make_event(7), Answer(status=404), url=URL
    )


CLOUDEVENT = CloudEvent(
    {
        "specversion": "1.0",
        "id": "7",
        "source": "https://vc/sdk",
        "type": "com.vmware.vsphere.VmPoweredOnEvent.v0",
        "time": dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC),
        "datacontenttype": "application/json",
        "site": "\N{SNOWMAN} 100%",
    },
    {"key": 7},
)


@pytest.fixture(scope="session")
def sent(make_event):
    """Return that event as the sink was sent it."""
    message = to_binary(CLOUDEVENT, JSONFormat())
    headers = tuple(f"{name}: {value}" for name, value in message.headers.items())
    return dataclasses.replace(make_event(7), headers=headers, body=message.body)


def read(event):
    """Read *event* as a sink does."""
    headers = dict(header.split(": ", 1) for header in event.headers)
    return from_binary(HTTPMessage(headers=headers, body=event.body), JSONFormat(), CloudEvent)


@given(
    path=st.text(st.characters(exclude_categories=["Cs"])),
    body=st.binary(max_size=2000),
    status=st.integers(100, 999),
)
@example(path="a%20b", body=b"", status=503)
def test_a_dead_letter_is_the_cloudevent_with_extensions(sent, path, body, status):
    letter = read(dead_letter(sent, Answer(status=status, body=body), url=f"{URL}/{path}"))

    assert letter.get_data() == CLOUDEVENT.get_data()
    attributes = letter.get_attributes()
    assert attributes.pop("knativeerrordest") == f"{URL}/{path}"
    assert attributes.pop("knativeerrorcode") == str(status)
    data = attributes.pop("knativeerrordata", "")
    assert body.startswith(base64.b64decode(data))
    assert len(data) <= 1024
    assert attributes == CLOUDEVENT.get_attributes()
