"""What becomes of a workload, whatever selects it."""

import pytest

from hooks.choice import Choice, Namespace, Refusal, Scope, choose, is_frozen
from hooks.subjects import VSphereBinding
from tests.hooks.manifests import (
    CONFIGURATION,
    JOB,
    KNATIVE_SERVICE,
    binding,
    controlled_by,
    workload,
)

BINDING = VSphereBinding.from_object(
    binding({"spec.subject": {"apiVersion": "apps/v1", "kind": "Deployment", "selector": {}}})
)
EXCLUDED = {"bindings.knative.dev/exclude": "true"}
HERE = Namespace(name="default", labels={})
ALL = Scope()
REVISION = {"spec.template.metadata.name": "app-v1"}


def chosen(changes=None, *, namespace=HERE, scope=ALL):
    return choose(workload(changes), [BINDING], namespace=namespace, scope=scope)


def test_a_workload_is_bound_by_the_binding_that_selects_it():
    choice = chosen()

    assert choice == Choice(winner=BINDING, refusal=None)
    assert (choice.binding, choice.injection) == (BINDING, BINDING.injection)


def test_a_workload_that_nothing_selects_is_unbound():
    choice = choose(workload(), [], namespace=HERE, scope=ALL)

    assert choice == Choice(winner=None, refusal=None)
    assert (choice.binding, choice.injection, choice.hands_off) == (None, None, False)


@pytest.mark.parametrize(
    ("maker", "scope", "is_left_alone"),
    [
        pytest.param(("sources.tanzu.vmware.com/v1alpha1", "VSphereSource"), {}, True, id="source"),
        pytest.param(("serving.knative.dev/v1", "Revision"), {}, True, id="revision"),
        pytest.param(("serving.knative.dev/v1", "Service"), {}, True, id="Knative Service"),
        pytest.param(("serving.knative.dev/v1beta1", "Service"), {}, True, id="in any version"),
        pytest.param(("batch/v1", "CronJob"), {}, False, id="CronJob, which cannot be bound"),
        pytest.param(("example.com/v1", "Service"), {}, False, id="something of others"),
        pytest.param(
            ("example.com/v1", "Widget"),
            {"extra_kinds": frozenset({("example.com", "Widget")})},
            True,
            id="extra subject",
        ),
    ],
)
def test_what_is_made_by_something_that_we_bind_or_own_is_left_alone(maker, scope, is_left_alone):
    choice = chosen(controlled_by(*maker), scope=Scope(**scope))

    refusal = Refusal(
        reason="Controlled",
        message=f"It is made by {maker[1]} maker, which would undo every change. "
        "Bind that, or leave this out of the subject.",
        hands_off=True,
    )
    assert choice.refusal == (refusal if is_left_alone else None)
    assert choice.hands_off is is_left_alone


def test_an_owner_that_does_not_control_does_not_matter():
    owner = {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "maker"}

    assert chosen({"metadata.ownerReferences": [owner]}).refusal is None


@pytest.mark.parametrize(
    ("changes", "where", "message", "hands_off"),
    [
        pytest.param(
            {"metadata.labels": EXCLUDED},
            {},
            'It has the label bindings.knative.dev/exclude: "true". Remove that label.',
            False,
            id="by its own label: it is unbound, too",
        ),
        pytest.param(
            {},
            {"namespace": Namespace(name="default", labels=EXCLUDED)},
            'Its namespace has the label bindings.knative.dev/exclude: "true". Remove that label.',
            True,
            id="by that of its namespace",
        ),
        pytest.param(
            {},
            {"namespace": Namespace(name="kube-system")},
            "Nothing is bound in the namespace kube-system.",
            True,
            id="in the namespace of the system",
        ),
        pytest.param(
            {},
            {"namespace": Namespace(name="ours"), "scope": Scope(own_namespace="ours")},
            "Nothing is bound in the namespace ours.",
            True,
            id="in our own namespace",
        ),
        pytest.param(
            {},
            {"scope": Scope(opt_in=True)},
            'Its namespace has no label bindings.knative.dev/include: "true". Add that label.',
            True,
            id="where one has to opt in",
        ),
    ],
)
def test_a_workload_that_opted_out_is_not_bound(changes, where, message, hands_off):
    assert chosen(changes, **where).refusal == Refusal(
        reason="OptedOut", message=message, hands_off=hands_off
    )


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        pytest.param({"metadata.labels": {"bindings.knative.dev/exclude": "false"}}, {}, id="no"),
        pytest.param(
            {},
            {
                "namespace": Namespace(
                    name="default", labels={"bindings.knative.dev/include": "true"}
                ),
                "scope": Scope(opt_in=True),
            },
            id="opted in",
        ),
        pytest.param(
            {},
            {"namespace": Namespace(name="default"), "scope": Scope(opt_in=True)},
            id="at admission, whose webhook has looked at the namespace",
        ),
    ],
)
def test_others_are_bound(changes, where):
    assert chosen(changes, **where).refusal is None


def test_a_clash_is_refused_and_names_what_clashes():
    volume = {"name": "vsphere-binding", "emptyDir": {}}

    choice = chosen({"spec.template.spec.volumes": [volume]})

    assert choice == Choice(
        winner=BINDING,
        refusal=Refusal(
            reason="Clash",
            message="spec.template.spec.volumes has a volume vsphere-binding of its own: "
            "give it another name.",
        ),
    )
    assert (choice.binding, choice.injection) == (None, None)


@pytest.mark.parametrize(
    ("before", "after", "frozen"),
    [
        pytest.param({}, {}, False, id="Deployment"),
        pytest.param(REVISION, REVISION, False, id="Deployment whose template has a name"),
        pytest.param(JOB, JOB, True, id="Job"),
        pytest.param(KNATIVE_SERVICE, KNATIVE_SERVICE, False, id="Knative Service"),
        pytest.param(
            KNATIVE_SERVICE | REVISION, KNATIVE_SERVICE | REVISION, True, id="named revision"
        ),
        pytest.param(CONFIGURATION | REVISION, CONFIGURATION | REVISION, True, id="Configuration"),
        pytest.param(
            KNATIVE_SERVICE | REVISION,
            KNATIVE_SERVICE | {"spec.template.metadata.name": "app-v2"},
            False,
            id="revision renamed",
        ),
        pytest.param(
            KNATIVE_SERVICE, KNATIVE_SERVICE | REVISION, False, id="revision named just now"
        ),
        pytest.param(
            KNATIVE_SERVICE | REVISION, KNATIVE_SERVICE, False, id="revision no longer named"
        ),
    ],
)
def test_a_job_and_a_named_revision_cannot_change(before, after, frozen):
    assert is_frozen(workload(after), since=workload(before)) is frozen
