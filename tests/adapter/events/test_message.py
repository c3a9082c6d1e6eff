"""Headers, compared with those that the CloudEvents SDK writes."""

import datetime as dt

import pytest
from cloudevents.core.bindings.http import to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from adapter.events.message import Template, instant

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(
    source=TEXT,
    key=st.integers(),
    kind=TEXT,
    site=TEXT,
    created=st.datetimes(timezones=st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=2))])),
)
def test_headers_are_those_of_the_sdk(source, key, kind, site, created):
    template = Template(source=source, encoding="application/xml", extensions={"site": site})
    attributes = {
        "specversion": "1.0",
        "id": str(key),
        "source": source,
        "type": f"com.vmware.vsphere.{kind}.v0",
        "time": created,
        "datacontenttype": "application/xml",
        "eventclass": "eventex",
        "site": site,
    }
    expected = to_binary(CloudEvent(attributes, b""), JSONFormat()).headers

    for _ in range(2):
        written = template.headers(id=str(key), created=created, kind=kind, event_class="eventex")
        assert sorted(written) == sorted(f"{name}: {value}" for name, value in expected.items())


def test_invented_types_take_no_memory_for_ever(noon):
    template = Template(source="s", encoding="application/json", extensions={})

    for number in range(2000):
        headers = template.headers(
            id="1", created=noon, kind=f"kind.{number}", event_class="eventex"
        )
        assert f"ce-type: com.vmware.vsphere.kind.{number}.v0" in headers

    assert len(template._parts) < 2000  # noqa: SLF001  nothing else shows what is kept


@pytest.mark.parametrize(
    ("time", "written"),
    [
        pytest.param(dt.datetime(2026, 1, 2, tzinfo=dt.UTC), "2026-01-02T00:00:00Z", id="UTC"),
        pytest.param(
            dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.timezone(-dt.timedelta(hours=5))),
            "2026-01-02T03:04:05.000006-05:00",
            id="elsewhere",
        ),
    ],
)
def test_times_are_written_as_rfc_3339_has_them(time, written):
    assert instant(time) == written
