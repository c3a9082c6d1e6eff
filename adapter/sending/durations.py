"""Durations as Go writes them (`5m0s`), for the Go project's environment, and as Knative does."""

import datetime as dt
import re

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_MOST = 2.0**63 * 1e-9
"""Seconds that a Go duration can hold: 292 years."""

_PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)")

_ISO = re.compile(r"PT(?=\d)(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,5}(?:\.\d{1,3})?)S)?", re.ASCII)


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


def parse_iso(text: str) -> dt.timedelta:
    """Read an ISO 8601 duration as the CRD takes it: in hours, minutes, seconds, milliseconds.

    Raises `ValueError`. Knative's parser ignores what is shorter than a tenth of a second; this
    one does not.
    """
    found = _ISO.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no duration like PT30S")
    hours, minutes, seconds = (float(number or 0) for number in found.groups())
    return dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)
