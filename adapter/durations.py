"""Durations as Go writes them (`5m0s`, `1h`, `250ms`), for the Go project's environment."""

import datetime as dt
import re

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_MOST = 2.0**63 * 1e-9
"""Seconds that a Go duration can hold: 292 years."""

_PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)")


def parse(text: str) -> dt.timedelta:
    """Read a duration that is not negative; raises `ValueError`."""
    if text == "0":
        return dt.timedelta()
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is no duration like 5m0s")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if seconds >= _MOST:
        raise ValueError(f"{text!r} is longer than 292 years")
    return dt.timedelta(seconds=seconds)
