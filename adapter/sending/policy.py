"""How to deliver: `spec.delivery` with Knative's names, checked and typed. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from . import durations
from .backoff import Backoff
from .destination import Destination, check_certificates, check_url

DEFAULTS: Mapping[str, Any] = {
    "inFlight": 32,
    "ordering": "object",
    "timeout": "PT30S",
    "backoffPolicy": "exponential",
    "backoffDelay": "PT0.2S",
    "retryAfterMax": "PT5M",
}
"""Without `retry` there is no end of retries, and without `deadLetterSink` no other sink."""

MOST_IN_FLIGHT = 512
"""Each takes a connection, and up to three file descriptors while that is made; answers on those
beyond 1,023, which select() does not take, are noticed up to a second late."""

MOST_RETRIES = 2**31 - 1
"""Knative's `retry` is an int32."""

LONGEST_BACKOFF = 30.0
"""Seconds between retries without end; those that have an end follow the policy alone."""

DAY = 86400.0


@dataclass(frozen=True, kw_only=True)
class DeliveryPolicy:
    """How many sends at once, how long each may take, and what follows one that fails."""

    in_flight: int
    strict: bool
    """Whether all events keep one order, instead of those of each object."""
    timeout: float
    """Seconds until a send without an answer has failed."""
    retry: int | None
    """How many retries an event gets before it goes to the dead-letter sink; None has no end."""
    backoff: Backoff
    dead_letter_backoff: Backoff
    retry_after_max: float
    """Seconds that a sink may ask us to wait; a longer wish is cut."""
    dead_letter_sink: Destination | None


def parse(given: Mapping[str, Any]) -> DeliveryPolicy:
    """Complete what is *given* by the defaults; raises `ValueError` naming the field."""
    unknown = sorted(given.keys() - DEFAULTS.keys() - {"retry", "deadLetterSink"})
    if unknown:
        raise ValueError(f"this adapter knows no {', '.join(unknown)}")
    fields = {**DEFAULTS, **given}
    retry = _number(fields, "retry", 0, MOST_RETRIES) if "retry" in fields else None
    dead_letter_sink = (
        _destination(fields["deadLetterSink"]) if "deadLetterSink" in fields else None
    )
    if retry is not None and dead_letter_sink is None:
        raise ValueError("retry needs a deadLetterSink, or events would be lost after the last one")
    first = _seconds(fields, "backoffDelay", 0.001)
    endless = Backoff(
        first=first,
        longest=max(first, LONGEST_BACKOFF),
        linear=_choice(fields, "backoffPolicy", "exponential", "linear") == "linear",
    )
    return DeliveryPolicy(
        in_flight=_number(fields, "inFlight", 1, MOST_IN_FLIGHT),
        strict=_choice(fields, "ordering", "object", "strict") == "strict",
        timeout=_seconds(fields, "timeout", 0.001),
        retry=retry,
        backoff=endless if retry is None else replace(endless, longest=DAY),
        dead_letter_backoff=endless,
        retry_after_max=_seconds(fields, "retryAfterMax", 0.0),
        dead_letter_sink=dead_letter_sink,
    )


def _number(fields: Mapping[str, Any], name: str, least: int, most: int) -> int:
    value = fields[name]
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{name} must be a number from {least} to {most}")
    return value


def _choice(fields: Mapping[str, Any], name: str, *words: str) -> str:
    value = fields[name]
    if value not in words:
        raise ValueError(f"{name} must be {' or '.join(words)}, not {value!r}")
    return str(value)


def _seconds(fields: Mapping[str, Any], name: str, least: float) -> float:
    value = fields[name]
    try:
        seconds = durations.parse_iso(str(value)).total_seconds()
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    if not least <= seconds <= DAY:
        raise ValueError(f"{name} must be from PT{least:g}S to PT24H, not {value!r}")
    return seconds


def _destination(value: object) -> Destination:
    name = "deadLetterSink"
    if not isinstance(value, dict):
        raise ValueError(f"{name} must be a JSON object")  # noqa: TRY004  one kind of error
    if unknown := sorted(value.keys() - {"uri", "CACerts"}):
        raise ValueError(f"{name}: this adapter knows no {', '.join(unknown)}")
    try:
        url = check_url(value.get("uri"))
    except ValueError as error:
        raise ValueError(f"{name}.uri {error}") from error
    try:
        return Destination(url=url, ca_certs=check_certificates(value.get("CACerts", "")))
    except ValueError as error:
        raise ValueError(f"{name}.CACerts {error}") from error
