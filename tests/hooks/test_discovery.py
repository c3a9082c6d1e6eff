"""How the hooks learn what kinds a cluster serves."""

import pytest

from hooks.discovery import Discovery, DiscoveryError, served_kinds
from hooks.model import NotReadyError, ServedKind

CORE = {
    "kind": "APIGroupDiscoveryList",
    "items": [
        {
            "metadata": {},
            "versions": [
                {
                    "version": "v1",
                    "resources": [
                        {
                            "resource": "services",
                            "responseKind": {"group": "", "version": "v1", "kind": "Service"},
                            "subresources": [
                                {"subresource": "status", "responseKind": {"kind": "Service"}}
                            ],
                        }
                    ],
                }
            ],
        }
    ],
}
EVENTING = {
    "kind": "APIGroupDiscoveryList",
    "items": [
        {
            "metadata": {"name": "eventing.knative.dev"},
            "versions": [
                {
                    "version": "v1",
                    "resources": [{"resource": "brokers", "responseKind": {"kind": "Broker"}}],
                },
                {
                    "version": "v1beta1",
                    "resources": [{"resource": "brokers", "responseKind": {"kind": "Broker"}}],
                },
                {"version": "v1alpha1", "freshness": "Stale"},
            ],
        }
    ],
}
BROKER = {("eventing.knative.dev", "Broker"): ServedKind(version="v1", plural="brokers")}


def test_of_each_kind_the_preferred_version_is_taken():
    assert served_kinds([CORE, EVENTING]) == {
        ("", "Service"): ServedKind(version="v1", plural="services"),
        **BROKER,
    }


def test_before_the_first_look_up_nothing_is_claimed():
    with pytest.raises(NotReadyError) as told:
        Discovery(lambda: BROKER)()

    assert str(told.value) == "The kinds that this cluster serves are not known yet."


def test_what_was_known_stays_known_while_the_api_server_is_away(caplog):
    answers = [BROKER, DiscoveryError("/apis: down"), DiscoveryError("/apis: down"), {}]

    def fetch():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    discovery = Discovery(fetch)
    seen = [(discovery.refresh(), discovery()) for _ in range(4)]

    assert seen == [(True, BROKER), (False, BROKER), (False, BROKER), (True, {})]
    assert caplog.messages == [
        "The kinds that this cluster serves cannot be looked up: /apis: down"
    ]


def test_a_look_up_that_failed_is_repeated_sooner():
    class EnoughError(Exception):
        pass

    answers, waits = [DiscoveryError("down"), BROKER], []

    def fetch():
        if not answers:
            raise EnoughError
        if isinstance(answers[0], Exception):
            raise answers.pop(0)
        return answers.pop(0)

    with pytest.raises(EnoughError):
        Discovery(fetch).run(waits.append)

    assert waits == [2.0, 30.0]


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"kind": "Status"}, id="another kind"),
        pytest.param([], id="a list"),
        pytest.param({"items": [{"metadata": {}, "versions": [{"resources": [{}]}]}]}, id="gaps"),
    ],
)
def test_what_is_no_discovery_document_is_not_taken_for_a_cluster_without_kinds(document):
    with pytest.raises(DiscoveryError, match="the answer is no APIGroupDiscoveryList"):
        served_kinds([document])


def test_looking_again_asks_at_most_every_two_seconds():
    now, asked = 100.0, []

    def fetch():
        asked.append(now)
        return BROKER

    discovery = Discovery(fetch, clock=lambda: now)
    for now in (100.0, 101.9, 102.0, 103.0):  # noqa: B007  the clock reads it
        discovery.look_again()

    assert asked == [100.0, 102.0]
