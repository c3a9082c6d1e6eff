"""What the source's status may hold: which types of events, and how much of anything."""

import datetime as dt
import json

import hypothesis
import pytest
from hypothesis import strategies as st

from adapter.events.event import JSON, Encoder
from adapter.telemetry.report import (
    LONGEST_KIND,
    LONGEST_TEXT,
    MOST_TYPES,
    EventTypes,
    Gap,
    Refusal,
    Report,
)

SOURCE = "https://vc.example.com/sdk"


def headers(kind):
    return ("ce-id: 1", f"ce-type: {kind}.v0", "content-type: application/xml")


def listed(event_types):
    report = event_types.added_to(Report())
    assert report.event_source == event_types.source
    return list(report.event_types)


@pytest.fixture
def event_types():
    return EventTypes(source=SOURCE)


def test_at_first_there_are_none(event_types):
    assert listed(event_types) == []


def test_the_rest_of_a_report_is_kept(event_types):
    report = Report(streaming=True, reason="Streaming", message="Reading.", refused_events=2)

    assert event_types.added_to(report).stream == report.stream
    assert event_types.added_to(report).refused_events == 2


def test_types_are_sorted_and_each_is_there_once(event_types):
    for kind in ("B", "C", "A", "B"):
        event_types.delivered(kind, headers(kind))

    assert listed(event_types) == ["A.v0", "B.v0", "C.v0"]


@hypothesis.given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc",), exclude_characters="<>&"),
        min_size=1,
        max_size=LONGEST_KIND,
    )
)
@hypothesis.example('naïve "type" 5% %41')
def test_a_type_is_listed_just_as_the_message_has_it(make_page, noon, kind):
    encoder = Encoder(source=SOURCE, api_version="8.0.3.0", encoding=JSON, extensions={})
    page = make_page(
        "<returnval xsi:type='EventEx'><key>7</key>"
        "<createdTime>2026-11-22T10:00:00Z</createdTime>"
        f"<eventTypeId>{kind}</eventTypeId></returnval>"
    )
    [event] = encoder.page(page, near=noon)
    event_types = EventTypes(source=encoder.source)

    event_types.delivered(event.type, event.headers)

    assert listed(event_types) == [f"com.vmware.vsphere.{event.type}.v0"]


def test_the_first_hundred_types_stay_whatever_comes_then(event_types):
    first = [f"T{number:03}" for number in range(MOST_TYPES)]
    for kind in [*first, "A", "Z", "B"]:
        event_types.delivered(kind, headers(kind))

    assert MOST_TYPES == 100
    assert listed(event_types) == [f"{kind}.v0" for kind in first]


def test_the_types_of_a_former_process_come_before_later_ones(event_types):
    former = [f"T{number:03}.v0" for number in range(MOST_TYPES - 1)]
    for kind in ("B", "A"):
        event_types.delivered(kind, headers(kind))

    event_types.recall({"eventSource": SOURCE, "eventTypes": former})

    assert listed(event_types) == ["B.v0", *former]


@pytest.mark.parametrize(
    "held",
    [
        pytest.param({}, id="nothing reported yet"),
        pytest.param({"streaming": "True"}, id="no types reported yet"),
        pytest.param(
            {"eventSource": "https://other.example.com/sdk", "eventTypes": ["A.v0"]},
            id="types of another vCenter",
        ),
    ],
)
def test_what_does_not_hold_for_this_vcenter_is_forgotten(event_types, held):
    event_types.recall(held)

    assert listed(event_types) == []


def test_a_type_that_is_too_long_for_a_status_is_not_listed(event_types):
    for kind in ("A" * LONGEST_KIND, "B" * (LONGEST_KIND + 1)):
        event_types.delivered(kind, headers(kind))

    assert listed(event_types) == ["A" * LONGEST_KIND + ".v0"]


def test_a_gap_has_the_four_digits_of_a_year_that_the_crd_asks_for():
    """A status that the API server refuses once is refused for ever."""
    start = dt.datetime(1, 1, 1, 0, 0, 0, 5, dt.UTC)
    gap = Gap(start=start, end=start.replace(year=2026), cause="It forgot them.")

    assert gap.to_object() == {
        "from": "0001-01-01T00:00:00Z",
        "to": "2026-01-01T00:00:00Z",
        "cause": "It forgot them.",
    }


def test_a_status_stays_small_whatever_vcenter_says(noon):
    endless = "x" * 2_000_000
    refusal = Refusal(id="1", type=endless, code=400)
    report = Report(
        streaming=True,
        message=endless,
        last_refused=refusal,
        last_dead_lettered=refusal,
        last_gap=Gap(start=noon, end=noon, cause=endless),
    ).to_object()

    assert report["lastRefused"] == {"id": "1", "type": endless[:LONGEST_KIND], "code": 400}
    assert report["message"] == report["lastGap"]["cause"] == endless[:LONGEST_TEXT]
    # The least that etcd takes is 1.5 MiB.
    assert len(json.dumps(report)) < 10_000
