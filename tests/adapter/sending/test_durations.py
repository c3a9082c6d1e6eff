"""Durations as Go writes them."""

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.sending import durations


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("5m0s", dt.timedelta(minutes=5), id="as Go writes five minutes"),
        pytest.param("1h", dt.timedelta(hours=1), id="hours"),
        pytest.param("24h0m0s", dt.timedelta(days=1), id="a day has no unit"),
        pytest.param("1h2m3.5s", dt.timedelta(hours=1, minutes=2, seconds=3.5), id="all of them"),
        pytest.param("250ms", dt.timedelta(milliseconds=250), id="milliseconds, not minutes"),
        pytest.param("7us", dt.timedelta(microseconds=7), id="microseconds in ASCII"),
        pytest.param("7µs", dt.timedelta(microseconds=7), id="microseconds"),
        pytest.param("2000ns", dt.timedelta(microseconds=2), id="nanoseconds"),
        pytest.param("0s", dt.timedelta(), id="zero"),
        pytest.param("0", dt.timedelta(), id="zero needs no unit"),
        pytest.param(
            "2562047h47m16s", dt.timedelta(seconds=9223372036), id="the longest that Go holds"
        ),
    ],
)
def test_a_duration_is_read(text, expected):
    assert durations.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "'' is no duration like 5m0s", id="nothing"),
        pytest.param("300", "'300' is no duration like 5m0s", id="seconds without unit"),
        pytest.param("-1m", "'-1m' is no duration like 5m0s", id="negative"),
        pytest.param("5m 0s", "'5m 0s' is no duration like 5m0s", id="a space in it"),
        pytest.param("5 minutes", "'5 minutes' is no duration like 5m0s", id="words"),
        pytest.param("1d", "'1d' is no duration like 5m0s", id="days"),
        pytest.param(
            "99999999999h", "'99999999999h' is longer than 292 years", id="longer than Go holds"
        ),
    ],
)
def test_another_text_is_no_duration(text, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        durations.parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("PT0.2S", dt.timedelta(milliseconds=200), id="as Knative's samples have it"),
        pytest.param("PT5M", dt.timedelta(minutes=5), id="minutes"),
        pytest.param("PT1H2M3S", dt.timedelta(hours=1, minutes=2, seconds=3), id="all of a day"),
        pytest.param("PT99999H", dt.timedelta(hours=99999), id="the longest"),
        pytest.param("PT0.001S", dt.timedelta(milliseconds=1), id="the shortest"),
        pytest.param("PT90S", dt.timedelta(seconds=90), id="more than the next unit holds"),
        pytest.param("PT0S", dt.timedelta(), id="zero"),
    ],
)
def test_a_duration_is_read_as_knative_writes_it(text, expected):
    assert durations.parse_iso(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("P", id="no number"),
        pytest.param("PT", id="no time"),
        pytest.param("P1D", id="a day, which is PT24H"),
        pytest.param("P1DT1S", id="a day and a second"),
        pytest.param("PT0,2S", id="a comma"),
        pytest.param("PT1.5M", id="half a minute"),
        pytest.param("PT0.0001S", id="less than a millisecond"),
        pytest.param("PT100000S", id="six digits"),
        pytest.param("30s", id="as Go writes it"),
        pytest.param("30", id="no unit"),
        pytest.param("pt30s", id="small letters"),
        pytest.param("-PT30S", id="negative"),
        pytest.param("PT-30S", id="a negative part"),
        pytest.param("PT30M1H", id="the wrong order"),
        pytest.param("P1M", id="a month, which may be long or short"),
        pytest.param("P1Y", id="a year, likewise"),
        pytest.param("PT.5S", id="no digit before the point"),
        pytest.param("PT٣S", id="digits of another script"),
        pytest.param("PT30S ", id="a space"),
    ],
)
def test_another_text_is_no_duration_of_knative(text):
    with pytest.raises(ValueError, match=f"^{re.escape(repr(text))} is no duration like PT30S$"):
        durations.parse_iso(text)


@given(st.integers(0, 10**9), st.integers(0, 59), st.integers(0, 59))
def test_what_go_writes_is_read_back_unless_it_is_too_long(hours, minutes, seconds):
    text = f"{hours}h{minutes}m{seconds}s"
    if hours < 2562047:
        assert durations.parse(text) == dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)
    elif hours > 2562047:
        with pytest.raises(ValueError, match="is longer than 292 years"):
            durations.parse(text)
