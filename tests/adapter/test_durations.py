"""Durations as Go writes them."""

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter import durations


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


@given(st.integers(0, 10**9), st.integers(0, 59), st.integers(0, 59))
def test_what_go_writes_is_read_back_unless_it_is_too_long(hours, minutes, seconds):
    text = f"{hours}h{minutes}m{seconds}s"
    if hours < 2562047:
        assert durations.parse(text) == dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)
    elif hours > 2562047:
        with pytest.raises(ValueError, match="is longer than 292 years"):
            durations.parse(text)
