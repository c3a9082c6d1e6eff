"""How the stream tells that events may be missing."""

import datetime as dt
import json
import pathlib

import pytest
from lxml import etree

from adapter.checkpoints.checkpoint import Begin
from adapter.events.event import JSON, XML, Encoder, Event
from adapter.events.gap import Cause, Gap
from adapter.reading.lookback import missed

MISSING = Gap(
    start=dt.datetime(2026, 11, 22, 11, 0, 0, 5000, tzinfo=dt.UTC),
    end=dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC),
    cause=Cause.HISTORY_REMOVED,
    message="Things happened & are gone.",
    mark=4711,
)
TOLD = {
    "severity": "warning",
    "from": "2026-11-22T11:00:00.005000Z",
    "to": "2026-11-22T12:00:00Z",
    "cause": "HistoryRemoved",
    "message": "Things happened & are gone.",
}


def notice(encoding, **changes):
    encoder = Encoder(
        source="https://vc/sdk", api_version="9.0", encoding=encoding, extensions={"site": "a"}
    )
    return encoder.notice(MISSING, **changes)


def test_a_notice_is_an_event_of_the_adapters_own():
    assert notice(JSON) == Event(
        key=2**32 + 4711,
        created=MISSING.start,
        type="source.gap",
        order_key="",
        headers=(
            "ce-id: gap-2026-11-22T11:00:00.005000Z-4711",
            "ce-time: 2026-11-22T12:00:00Z",
            "ce-specversion: 1.0",
            "ce-source: https://vc/sdk",
            "ce-type: com.vmware.vsphere.source.gap.v0",
            "ce-eventclass: event",
            "ce-vsphereapiversion: 9.0",
            "ce-site: a",
            "content-type: application/json",
        ),
        body=json.dumps({"_typeName": "SourceGap", **TOLD}).encode(),
        gap=MISSING,
    )


def test_its_xml_says_the_same():
    root = etree.fromstring(notice(XML).body)

    assert (root.tag, {child.tag: child.text for child in root}) == ("SourceGap", TOLD)


def test_it_may_hold_the_position_elsewhere():
    assert notice(XML, created=MISSING.end).created == MISSING.end


def test_it_is_what_the_documentation_shows():
    since = dt.datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=dt.UTC)
    begin = Begin(time=dt.datetime(2026, 11, 22, 9, 54, 50, tzinfo=dt.UTC), since=since, key=4711)
    found = missed(
        begin, lambda _begin, _end, _most: [(4711, since), (4712, since)], now=begin.time
    )
    encoder = Encoder(
        source="https://vcenter.example.com/sdk",
        api_version="8.0.3.0",
        encoding=JSON,
        extensions={},
    )
    page = (pathlib.Path(__file__).parents[3] / "docs" / "events.md").read_text()
    _, _, example = page.partition("```http\nPOST / HTTP/1.1\n")
    headers, _, data = example.partition("```")[0].partition("\n\n")

    shown = encoder.notice(found)

    assert tuple(headers.splitlines()) == shown.headers
    assert json.loads(data) == json.loads(shown.body)
    for cause in Cause:
        assert f"| `{cause.value}` |" in page


@pytest.mark.parametrize("mark", [-1, 0, 2**31 - 1, -(2**31), 2**40])
def test_no_event_of_vcenter_has_its_key(mark):
    gap = Gap(start=MISSING.start, end=MISSING.end, cause=MISSING.cause, message="", mark=mark)

    assert gap.key >= 2**32
