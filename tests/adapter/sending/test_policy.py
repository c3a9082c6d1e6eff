"""The delivery policy: Knative's names, and what they mean."""

import contextlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.sending import policy
from adapter.sending.backoff import Backoff
from adapter.sending.destination import Destination
from adapter.sending.policy import DeliveryPolicy

PEM = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
DEAD_LETTERS = {"deadLetterSink": {"uri": "http://dead.example.com"}}

DEFAULT = DeliveryPolicy(
    in_flight=32,
    strict=False,
    timeout=30.0,
    retry=None,
    backoff=Backoff(first=0.2, longest=30.0),
    dead_letter_backoff=Backoff(first=0.2, longest=30.0),
    retry_after_max=300.0,
    dead_letter_sink=None,
)


def changed(**fields):
    return DeliveryPolicy(**{**vars(DEFAULT), **fields})


def both(**fields):
    backoff = Backoff(**{**vars(DEFAULT.backoff), **fields})
    return {"backoff": backoff, "dead_letter_backoff": backoff}


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param({"inFlight": 1}, {"in_flight": 1}, id="least in flight"),
        pytest.param({"inFlight": 512}, {"in_flight": 512}, id="most in flight"),
        pytest.param({"ordering": "object"}, {}, id="an order for each object"),
        pytest.param({"ordering": "strict"}, {"strict": True}, id="one order"),
        pytest.param({"timeout": "PT0.001S"}, {"timeout": 0.001}, id="least patience"),
        pytest.param({"timeout": "PT24H"}, {"timeout": 86400.0}, id="most patience"),
        pytest.param({"backoffPolicy": "linear"}, both(linear=True), id="linear"),
        pytest.param({"backoffPolicy": "exponential"}, {}, id="exponential"),
        pytest.param({"backoffDelay": "PT2S"}, both(first=2.0), id="delay"),
        pytest.param(
            {"backoffDelay": "PT1M"}, both(first=60.0, longest=60.0), id="a delay beyond our cap"
        ),
        pytest.param({"retryAfterMax": "PT0S"}, {"retry_after_max": 0.0}, id="no Retry-After"),
        pytest.param(
            DEAD_LETTERS,
            {"dead_letter_sink": Destination(url="http://dead.example.com")},
            id="a dead-letter sink for refusals",
        ),
        pytest.param(
            {"deadLetterSink": {"uri": "https://dead.example.com/in?a=b", "CACerts": PEM}},
            {"dead_letter_sink": Destination(url="https://dead.example.com/in?a=b", ca_certs=PEM)},
            id="a dead-letter sink with authorities of its own",
        ),
        pytest.param(
            {"retry": 0, **DEAD_LETTERS},
            {
                "retry": 0,
                "backoff": Backoff(first=0.2, longest=86400.0),
                "dead_letter_sink": Destination(url="http://dead.example.com"),
            },
            id="retries that have an end are not cut short",
        ),
    ],
)
def test_a_field_decides(given, fields):
    assert policy.parse(given) == changed(**fields)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param({"format": "json"}, "this adapter knows no format", id="an unknown field"),
        pytest.param(
            {"y": 1, "x": 1}, "this adapter knows no x, y", id="unknown fields, in one order"
        ),
        *(
            pytest.param(
                {"inFlight": value}, "inFlight must be a number from 1 to 512", id=f"{value!r}"
            )
            for value in (0, 513, True, "8", 1.5, None)
        ),
        *(
            pytest.param(
                {"retry": value, **DEAD_LETTERS},
                "retry must be a number from 0 to 2147483647",
                id=f"retry {value!r}",
            )
            for value in (-1, 2**31, "5", None)
        ),
        pytest.param(
            {"retry": 5},
            "retry needs a deadLetterSink, or events would be lost after the last one",
            id="retries with an end, and nowhere to go",
        ),
        pytest.param(
            {"ordering": "none"}, "ordering must be object or strict, not 'none'", id="no order"
        ),
        pytest.param(
            {"backoffPolicy": "Linear"},
            "backoffPolicy must be exponential or linear, not 'Linear'",
            id="another policy",
        ),
        pytest.param(
            {"timeout": "30s"}, "timeout: '30s' is no duration like PT30S", id="Go's duration"
        ),
        pytest.param(
            {"timeout": "PT0S"},
            "timeout must be from PT0.001S to PT24H, not 'PT0S'",
            id="no time to answer",
        ),
        pytest.param(
            {"backoffDelay": "PT0S"},
            "backoffDelay must be from PT0.001S to PT24H, not 'PT0S'",
            id="retries without a pause",
        ),
        pytest.param(
            {"backoffDelay": 200}, "backoffDelay: '200' is no duration like PT30S", id="a number"
        ),
        pytest.param(
            {"retryAfterMax": "PT24H0.001S"},
            "retryAfterMax must be from PT0S to PT24H, not 'PT24H0.001S'",
            id="more patience than anybody has",
        ),
        pytest.param(
            {"deadLetterSink": "http://dead"},
            "deadLetterSink must be a JSON object",
            id="a text for a destination",
        ),
        pytest.param(
            {"deadLetterSink": {"url": "http://dead"}},
            "deadLetterSink: this adapter knows no url",
            id="a misspelt field of the dead-letter sink",
        ),
        *(
            pytest.param(
                {"deadLetterSink": {"uri": uri}},
                "deadLetterSink.uri must be an http or https URL with a host and no user info",
                id=f"uri {uri}",
            )
            for uri in (None, "", "/dead", "file:///dead", "http://u:p@dead", "http://dead:99999")
        ),
        pytest.param(
            {"deadLetterSink": {"uri": "https://dead", "CACerts": "trust me"}},
            "deadLetterSink.CACerts holds no PEM certificate (-----BEGIN CERTIFICATE-----)",
            id="no certificates",
        ),
    ],
)
def test_a_wrong_field_is_named(given, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        policy.parse(given)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)


@given(
    st.dictionaries(
        st.sampled_from([*policy.DEFAULTS, "retry", "deadLetterSink"]),
        ANYTHING | st.fixed_dictionaries({"uri": ANYTHING, "CACerts": ANYTHING}),
    )
)
def test_whatever_the_json_holds_is_taken_or_refused(given):
    given = json.loads(json.dumps(given))
    with contextlib.suppress(ValueError):
        assert isinstance(policy.parse(given), DeliveryPolicy)
