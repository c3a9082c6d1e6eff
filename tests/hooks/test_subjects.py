"""Which workloads a binding selects, and which of several bindings has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks.fields import FieldError
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


EITHER = "spec.subject: must have either name or selector, and not both."
SELECTOR = "spec.subject.selector: must be a label selector, of matchLabels and matchExpressions."
OF_DEPLOYMENTS = {"apiVersion": "apps/v1", "kind": "Deployment"}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param({"spec": ...}, "spec.subject: is required.", id="no spec"),
        pytest.param({"spec": "x"}, "spec.subject: is required.", id="a spec that is no object"),
        pytest.param({"spec.address": ...}, "spec.address: is required.", id="a field is missing"),
        pytest.param({"spec.address": None}, "spec.address: is required.", id="a field is null"),
        pytest.param(
            {"spec.skipTLSVerify": "no"},
            "spec.skipTLSVerify: must be of type boolean.",
            id="no boolean",
        ),
        pytest.param(
            {"spec.secretRef": "x"}, "spec.secretRef.name: is required.", id="no object around"
        ),
        pytest.param(
            {"spec.subject": "app"}, "spec.subject: must be of type object.", id="no object"
        ),
        pytest.param(
            {"spec.subject.kind": 1}, "spec.subject.kind: must be of type string.", id="no string"
        ),
        pytest.param({"spec.subject": OF_DEPLOYMENTS}, EITHER, id="neither name nor selector"),
        pytest.param({"spec.subject.selector": {}}, EITHER, id="both name and selector"),
        pytest.param(by("app=web"), SELECTOR, id="no selector"),
    ],
)
def test_a_binding_that_was_stored_under_an_open_schema_says_what_is_wrong(changes, problem):
    with pytest.raises(FieldError) as refused:
        parsed(changes)

    assert str(refused.value) == problem
    assert VSphereBinding.readable([binding(changes), binding()]) == [parsed()]


def or_anything(valid):
    """What a field should be, and whatever else an open schema lets through."""
    return (
        st.just(valid)
        | st.none()
        | st.booleans()
        | st.integers()
        | st.text(max_size=3)
        | (st.lists(st.integers(), max_size=1) | st.dictionaries(st.just("name"), st.integers()))
    )


def record(**fields):
    return st.fixed_dictionaries({}, optional=fields)


expressions = record(
    key=or_anything("app"),
    operator=or_anything("NotIn") | st.sampled_from(["In", "Exists", "DoesNotExist"]),
    values=or_anything(["web"]),
)
selectors = record(
    matchLabels=or_anything({"app": "web"}),
    matchExpressions=or_anything([]) | st.lists(expressions | or_anything({}), max_size=2),
)
subjects = record(
    apiVersion=or_anything("apps/v1"),
    kind=or_anything("Deployment"),
    namespace=or_anything("default"),
    name=or_anything("app"),
    selector=selectors | or_anything({}),
)


@given(subject=subjects | or_anything({}))
def test_a_binding_can_be_read_or_not_and_harms_no_workload_either_way(subject):
    for binding_read in VSphereBinding.readable([binding({"spec.subject": subject})]):
        assert binding_read.selects(workload()) in {True, False}
