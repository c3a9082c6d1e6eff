"""Which workloads a binding selects, and which of several bindings has them."""

import pytest

from hooks.model import RequestError
from hooks.subjects import VSphereBinding, winner
from tests.hooks.manifests import JOB, KNATIVE_SERVICE, binding, workload


def parsed(changes=None):
    return VSphereBinding.from_object(binding(changes))


def by(selector):
    subject = {"apiVersion": "apps/v1", "kind": "Deployment", "selector": selector}
    return {"spec.subject": subject}


def by_expression(operator, *values, key="app"):
    return by({"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]})


@pytest.mark.parametrize(
    ("changes", "selected"),
    [
        pytest.param({}, True, id="by name"),
        pytest.param({"spec.subject.name": "other"}, False, id="another name"),
        pytest.param({"spec.subject.kind": "StatefulSet"}, False, id="another kind"),
        pytest.param({"spec.subject.apiVersion": "apps/v1beta2"}, True, id="another version"),
        pytest.param({"spec.subject.apiVersion": "example.com/v1"}, False, id="another group"),
        pytest.param({"spec.subject.namespace": "default"}, True, id="with its namespace"),
        pytest.param({"spec.subject.namespace": "other"}, False, id="of another namespace"),
        pytest.param({"metadata.deletionTimestamp": "2026-05-01T11:00:00Z"}, False, id="deleted"),
        pytest.param(by({}), True, id="all of the kind"),
        pytest.param(by({"matchLabels": {"app": "web"}}), True, id="label"),
        pytest.param(by({"matchLabels": {"app": "web", "tier": "1"}}), False, id="missing label"),
        pytest.param(by({"matchLabels": {"app": "api"}}), False, id="other value"),
        pytest.param(by_expression("In", "api", "web"), True, id="in"),
        pytest.param(by_expression("In", "api"), False, id="not among the values"),
        pytest.param(by_expression("In", "api", key="tier"), False, id="in, without the label"),
        pytest.param(by_expression("NotIn", "api"), True, id="not in"),
        pytest.param(by_expression("NotIn", "web"), False, id="among the values"),
        pytest.param(by_expression("NotIn", "1", key="tier"), True, id="not in, without the label"),
        pytest.param(by_expression("Exists"), True, id="exists"),
        pytest.param(by_expression("Exists", key="tier"), False, id="does not exist"),
        pytest.param(by_expression("DoesNotExist", key="tier"), True, id="must not exist"),
        pytest.param(by_expression("DoesNotExist"), False, id="exists and must not"),
        pytest.param(
            by(
                {
                    "matchLabels": {"app": "web"},
                    "matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}],
                }
            ),
            False,
            id="labels and expressions: both",
        ),
    ],
)
def test_a_binding_selects_by_kind_and_name_or_labels(changes, selected):
    assert parsed(changes).selects(workload()) is selected


@pytest.mark.parametrize("labels", [pytest.param(None, id="null"), pytest.param(..., id="absent")])
def test_a_workload_may_have_no_labels(labels):
    found = workload({"metadata.labels": labels})

    assert parsed(by({})).selects(found)
    assert not parsed(by({"matchLabels": {"app": "web"}})).selects(found)


def test_a_kind_is_told_apart_by_its_group():
    core_service = {"spec.subject.apiVersion": "v1", "spec.subject.kind": "Service"}

    assert not parsed(core_service).selects(workload(KNATIVE_SERVICE))
    assert not parsed().selects(workload(JOB))


def aged(name, created, **changes):
    return parsed({"metadata.name": name, "metadata.creationTimestamp": created} | changes)


OLD, NEW = "2026-04-30T23:59:59Z", "2026-05-01T00:00:00Z"


@pytest.mark.parametrize(
    ("bindings", "expected"),
    [
        pytest.param([], None, id="none"),
        pytest.param([aged("a", OLD, **{"spec.subject.name": "other"})], None, id="none selects"),
        pytest.param([aged("a", NEW), aged("b", OLD)], "b", id="the older"),
        pytest.param([aged("b", OLD), aged("a", OLD)], "a", id="of the same age, the first"),
        pytest.param(
            [aged("a", OLD, **{"spec.subject.name": "other"}), aged("b", NEW)],
            "b",
            id="an older one that does not select it does not count",
        ),
    ],
)
def test_of_several_bindings_the_oldest_that_selects_wins(bindings, expected):
    for given_order in (bindings, bindings[::-1]):
        won = winner(workload(), given_order)
        assert (won and won.name) == expected


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        pytest.param({"spec.address": ...}, "'address'", id="a field that is missing"),
        pytest.param(
            {"spec.subject": "app"},
            "string indices must be integers, not 'str'",
            id="a field of another type",
        ),
    ],
)
def test_a_binding_that_was_stored_under_an_open_schema_binds_nothing(changes, what):
    with pytest.raises(RequestError) as refused:
        parsed(changes)

    assert str(refused.value) == (
        f"The VSphereBinding default/credentials cannot be read ({what}): apply it again, complete."
    )
    assert VSphereBinding.readable([binding(changes), binding()]) == [parsed()]
