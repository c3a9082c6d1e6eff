"""How a VSphereSource may have its events delivered, and what is said to one that may not."""

import pytest

from . import sinks

DELAY = "must be a duration from PT0.001S to PT24H, like PT30S, PT1M30S or PT0.2S"
WISH = "must be a duration from PT0S to PT24H, like PT5M or PT1M30S"
NEEDS_DEAD_LETTERS = (
    "must have deadLetterSink where it has retry, or an event would be lost after its last retry"
)
DEAD_LETTERS = {"deadLetterSink": {"ref": sinks.REF}}


def of_dead_letters(text):
    return text.replace("spec.sink", "spec.delivery.deadLetterSink", 1)


def for_dead_letters(changes):
    """Let the dead-letter sink be what *changes* make of a sink."""
    moved = {of_dead_letters(path): value for path, value in changes.items()}
    return {"spec.delivery": DEAD_LETTERS, **moved}


ADMITTED = [
    pytest.param({"spec.delivery": {}}, id="delivery: nothing said"),
    pytest.param(
        {
            "spec.delivery": {
                "inFlight": 512,
                "ordering": "strict",
                "timeout": "PT24H",
                "retry": 2147483647,
                "backoffPolicy": "linear",
                "backoffDelay": "PT1H59M59.999S",
                "retryAfterMax": "PT86400S",
                **DEAD_LETTERS,
            }
        },
        id="delivery: the most of everything",
    ),
    pytest.param(
        {
            "spec.delivery": {
                "inFlight": 1,
                "ordering": "object",
                "timeout": "PT0.001S",
                "retry": 0,
                "backoffPolicy": "exponential",
                "backoffDelay": "PT0.001S",
                "retryAfterMax": "PT0S",
                **DEAD_LETTERS,
            }
        },
        id="delivery: the least of everything",
    ),
    pytest.param({"spec.delivery": DEAD_LETTERS}, id="delivery: dead letters without retry"),
    pytest.param(
        {
            "spec.checkpointConfig": {"maxAgeSeconds": 0},
            "spec.delivery": {"retry": 3, **DEAD_LETTERS},
        },
        id="delivery: retry and no replay",
    ),
    *(
        pytest.param(for_dead_letters(row.values[0]), id=row.id.replace("sink", "dead-letter sink"))
        for row in sinks.ADMITTED
    ),
]

REFUSED = [
    pytest.param(
        {"spec.delivery": {"retry": 5}},
        [f"spec.delivery: {NEEDS_DEAD_LETTERS}"],
        id="retry without dead-letter sink",
    ),
    pytest.param(
        {"spec.delivery": {"inFlight": 0, "retry": -1, **DEAD_LETTERS}},
        ["spec.delivery.inFlight: must be at least 1", "spec.delivery.retry: must be at least 0"],
        id="too little delivery",
    ),
    pytest.param(
        {"spec.delivery": {"inFlight": 513, "retry": 2147483648, **DEAD_LETTERS}},
        [
            "spec.delivery.inFlight: must be at most 512",
            "spec.delivery.retry: must be at most 2147483647",
        ],
        id="too much delivery",
    ),
    pytest.param(
        {"spec.delivery": {"ordering": "Strict", "backoffPolicy": "none"}},
        [
            "spec.delivery.backoffPolicy: must be one of linear, exponential",
            "spec.delivery.ordering: must be one of object, strict",
        ],
        id="words that mean no delivery",
    ),
    pytest.param(
        {"spec.delivery": {"timeout": 30, "inFlight": "8"}},
        [
            "spec.delivery.inFlight: must be of type integer",
            "spec.delivery.timeout: must be of type string",
        ],
        id="delivery of other types",
    ),
    pytest.param(
        {"spec.delivery": {"timeout": "PT" + "1" * 31}},
        ["spec.delivery.timeout: must have at most 32 characters"],
        id="duration too long to write",
    ),
    pytest.param(
        {
            "spec.delivery.format": "json",
            "spec.delivery.deadLetterSink": {"ref": sinks.REF, "audience": "a"},
        },
        [
            "spec.delivery.deadLetterSink.audience: is not a known field",
            "spec.delivery.format: is not a known field",
        ],
        id="Knative's fields that no code honours",
    ),
    *(
        pytest.param(
            {"spec.delivery": {field: duration}},
            [f"spec.delivery.{field}: {problem}"],
            id=f"{field}: {case}",
        )
        for field, problem, cases in (
            (
                "timeout",
                DELAY,
                {
                    "nothing": "",
                    "as Go writes it": "30s",
                    "a number": "30",
                    "no time": "PT",
                    "no number": "PTS",
                    "no unit": "PT30",
                    "zero": "PT0S",
                    "zero, to the millisecond": "PT0H0M0.000S",
                    "negative": "PT-30S",
                    "a day": "P1D",
                    "a month": "P1M",
                    "half an hour": "PT0.5H",
                    "a comma": "PT0,5S",
                    "less than a millisecond": "PT0.0001S",
                    "small letters": "pt30s",
                    "the wrong order": "PT30S1M",
                    "a line break": "PT30S\n",
                    "too long by a millisecond": "PT24H0.001S",
                    "eleven years": "PT99999H",
                },
            ),
            ("backoffDelay", DELAY, {"zero": "PT0S", "too long by a minute": "PT1441M"}),
            ("retryAfterMax", WISH, {"no time": "PT", "too long by a second": "PT86401S"}),
        )
        for case, duration in cases.items()
    ),
    *(
        pytest.param(
            for_dead_letters(row.values[0]),
            [of_dead_letters(problem) for problem in row.values[1]],
            id=f"dead letters: {row.id}",
        )
        for row in sinks.REFUSED
    ),
]
