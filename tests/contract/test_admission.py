"""The MutatingWebhookConfiguration agrees with the webhook, its Service and its rights."""

import pytest

from hooks import choice
from hooks.annotations import DECORATION, ORIGINAL
from hooks.place import Place, place_from
from hooks.subjects import KINDS


@pytest.fixture(scope="module")
def configuration(the):
    return the("MutatingWebhookConfiguration")


@pytest.fixture(scope="module")
def webhook(configuration):
    [only] = configuration["webhooks"]
    return only


def test_the_api_server_calls_the_service_of_the_webhook_at_its_route(the, apps, webhook):
    called = webhook["clientConfig"]["service"]
    service = the("Service", called["name"])
    routes = apps["vsphere-webhook"].url_map.bind("")

    rule, _ = routes.match(called["path"], method="POST", return_rule=True)

    assert rule.rule == "/admission/workload"
    assert called["namespace"] == service["metadata"]["namespace"]
    assert [called["port"]] == [port["port"] for port in service["spec"]["ports"]]


def test_the_webhook_is_told_what_it_is_called_and_where_its_certificate_is(
    the, configuration, webhook, environment
):
    called = webhook["clientConfig"]["service"]
    secret = the("Secret")["metadata"]

    assert place_from(environment("vsphere-webhook")) == Place(
        hosts=frozenset({f"{called['name']}.{called['namespace']}.svc"}),
        secret=f"{secret['namespace']}/{secret['name']}",
        configuration=configuration["metadata"]["name"],
    )


def test_what_the_webhook_fills_in_is_named_by_nobody_else(the, webhook):
    """Applying the manifests once more would empty it."""
    assert webhook["clientConfig"].keys() == {"service"}
    assert not the("Secret").keys() & {"data", "stringData", "immutable"}


def test_every_kind_that_can_be_bound_comes_to_the_webhook(webhook):
    rules = webhook["rules"]
    kinds = {
        (group, resource)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }

    assert kinds == {(group, f"{kind.lower()}s") for group, kind in KINDS}
    assert all(rule["operations"] == ["CREATE", "UPDATE"] for rule in rules)
    assert all(rule["scope"] == "Namespaced" for rule in rules)


def test_namespaces_are_excluded_as_the_hooks_know_it(the, webhook):
    assert webhook["namespaceSelector"] == {
        "matchExpressions": [
            {
                "key": "kubernetes.io/metadata.name",
                "operator": "NotIn",
                "values": [choice.SYSTEM_NAMESPACE, the("Namespace")["metadata"]["name"]],
            },
            {"key": choice.EXCLUDE_LABEL, "operator": "NotIn", "values": ["true"]},
        ]
    }


def test_conditions_look_at_the_annotations_that_the_hooks_write(webhook):
    """What they let through is tried on a real API server, in tests/e2e/test_webhook_rules.py."""
    for condition in webhook["matchConditions"]:
        assert f"['{DECORATION}', '{ORIGINAL}']" in condition["expression"]


def test_no_workload_has_to_wait_for_the_webhook(webhook):
    policy = {
        name: webhook[name]
        for name in ("failurePolicy", "timeoutSeconds", "sideEffects", "reinvocationPolicy")
    }

    assert policy == {
        "failurePolicy": "Ignore",
        "timeoutSeconds": 2,
        "sideEffects": "None",
        "reinvocationPolicy": "IfNeeded",
    }
