"""The status of a binding, whole, for each reason why something is not bound."""

import pytest

pytestmark = pytest.mark.metacontroller

HAPPY = {"type": "Ready", "status": "True"}
EXCLUDED = {"bindings.knative.dev/exclude": "true"}
CLASH = "spec.template.spec.volumes has a volume vsphere-binding of its own: give it another name."
OPTED_OUT = 'It has the label bindings.knative.dev/exclude: "true". Remove that label.'
NAMED = "Its revision has the name NAME-v1: change or remove spec.template.metadata.name."
CONTROLLED = (
    "It is made by Revision maker, which would undo every change. "
    "Bind that, or leave this out of the subject."
)
MAKER = {
    "apiVersion": "serving.knative.dev/v1",
    "kind": "Revision",
    "name": "maker",
    "uid": "6e1d7b9c-0000-4000-8000-000000000000",
    "controller": True,
}


def ready(status, reason, message):
    return {"type": "Ready", "status": status, "reason": reason, "message": message}


def excluded(item):
    item["metadata"]["labels"] |= EXCLUDED


def clashing(item):
    item["spec"]["template"]["spec"] = {
        **item["spec"]["template"]["spec"],
        "volumes": [{"name": "vsphere-binding", "emptyDir": {}}],
    }


def made_by_a_revision(item):
    item["metadata"]["ownerReferences"] = [MAKER]


def of_a_named_revision(item):
    item["spec"]["template"]["metadata"]["name"] = f"{item['metadata']['name']}-v1"


def words(message, item):
    """*message* with the names of a workload and of its namespace."""
    metadata = item["metadata"]
    return message.replace("NAMESPACE", metadata["namespace"]).replace("NAME", metadata["name"])


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(("Deployment", clashing, "Clash", CLASH), id="a clash"),
        pytest.param(("Deployment", excluded, "OptedOut", OPTED_OUT), id="one that opted out"),
        pytest.param(
            ("Deployment", made_by_a_revision, "Controlled", CONTROLLED), id="made by something"
        ),
        pytest.param(
            ("Service", of_a_named_revision, "NamedRevision", NAMED), id="a named revision"
        ),
    ],
)
def test_a_workload_that_is_named_and_cannot_be_bound_says_why(place, case):
    kind, edit, reason, general = case
    item = place.workload(kind)
    edit(item)
    name, message = item["metadata"]["name"], words(general, item)
    stored, binding = place.create(item), place.binding(item)

    place.create(binding)

    place.until(
        lambda: place.status(binding),
        {
            "observedGeneration": 1,
            "bound": 0,
            "unbound": [{"name": name, "reason": reason, "message": message}],
            "conditions": [ready("False", reason, f"{kind} {name}: {message}")],
        },
    )
    assert place.pod(item) == stored["spec"]["template"]["spec"]


@pytest.mark.parametrize(
    ("edit", "reason", "message"),
    [
        pytest.param(excluded, "OptedOut", OPTED_OUT, id="one that opted out"),
        pytest.param(made_by_a_revision, "Controlled", CONTROLLED, id="made by something"),
    ],
)
def test_one_that_a_selector_meets_by_chance_and_stays_out_does_no_harm(
    place, edit, reason, message
):
    label = {"part": reason.lower()}
    item, other = (place.workload("Deployment", labels=label) for _ in range(2))
    edit(item)
    binding = place.binding(item, selector={"matchLabels": label})
    for each in (item, other, binding):
        place.create(each)

    place.until(
        lambda: place.status(binding),
        {
            "observedGeneration": 1,
            "bound": 1,
            "unbound": [{"name": item["metadata"]["name"], "reason": reason, "message": message}],
            "conditions": [HAPPY],
        },
    )


@pytest.mark.parametrize(
    ("subject", "reason", "message"),
    [
        pytest.param(
            {},
            "SubjectMissing",
            "spec.subject: there is no Deployment NAMESPACE/NAME. Create it, or correct the name.",
            id="that is not there",
        ),
        pytest.param(
            {"apiVersion": "flows.knative.dev/v1", "kind": "Parallel"},
            "KindNotServed",
            "spec.subject: this cluster serves no kind Parallel in the API group "
            '"flows.knative.dev". Install it, or correct apiVersion and kind.',
            id="of a kind that is not served",
        ),
        pytest.param(
            {"apiVersion": "batch/v1", "kind": "CronJob"},
            "KindNotBindable",
            'spec.subject: the kind CronJob of the API group "batch" cannot be bound. '
            "Bind its Jobs: kind Job, and a selector of the labels in "
            "spec.jobTemplate.metadata of the CronJob.",
            id="of a kind that cannot be bound",
        ),
        pytest.param(
            {"namespace": "elsewhere"},
            "OtherNamespace",
            "spec.subject.namespace: a binding reaches its own namespace only, which is "
            "NAMESPACE. Remove the field, or create the binding in elsewhere.",
            id="of another namespace",
        ),
    ],
)
def test_a_binding_for_something_says_what_is_wrong_with_it(place, subject, reason, message):
    item = place.workload("Deployment")
    binding = place.binding(item)
    binding["spec"]["subject"] |= subject

    place.create(binding)

    counted = {"bound": 0} if reason == "SubjectMissing" else {}
    place.until(
        lambda: place.status(binding),
        {
            "observedGeneration": 1,
            **counted,
            "conditions": [ready("False", reason, words(message, item))],
        },
    )


def test_a_workload_that_was_missing_is_counted_when_it_comes(place):
    item = place.workload("Deployment")
    binding = place.binding(item)
    place.create(binding)
    place.eventually(lambda: place.status(binding).get("bound") == 0)

    place.create(item)

    place.until(
        lambda: place.status(binding),
        {"observedGeneration": 1, "bound": 1, "conditions": [HAPPY]},
    )


def test_a_selector_counts_what_it_meets(place):
    items = [
        place.workload("StatefulSet", labels={"part": "counted"}, replicas=0) for _ in range(3)
    ]
    binding = place.binding(items[0], selector={"matchLabels": {"part": "counted"}})
    place.create(binding)
    place.until(
        lambda: place.status(binding),
        {
            "observedGeneration": 1,
            "bound": 0,
            "conditions": [
                ready(
                    "True",
                    "NoSubjects",
                    "No StatefulSet in the namespace matches spec.subject.selector.",
                )
            ],
        },
    )

    for item in items:
        place.create(item)

    place.until(
        lambda: place.status(binding),
        {"observedGeneration": 1, "bound": 3, "conditions": [HAPPY]},
    )


EITHER = "spec.subject: Invalid value: must have either name or selector, and not both"


@pytest.mark.parametrize(
    ("subject", "message"),
    [
        pytest.param({"selector": {"matchLabels": {"app": "web"}}}, EITHER, id="name and selector"),
        pytest.param({"name": None}, EITHER, id="neither"),
        pytest.param(
            {"name": None, "selector": {}},
            "spec.subject.selector: Invalid value: must have matchLabels or matchExpressions: "
            "an empty one would bind every workload of the kind in the namespace",
            id="an empty selector",
        ),
    ],
)
def test_the_api_server_refuses_a_subject_that_says_too_much_or_too_little(place, subject, message):
    binding = place.binding(place.workload("Deployment"), "refused")
    binding["spec"]["subject"] |= subject

    with pytest.raises(AssertionError) as refused:
        place.apply(binding)

    assert str(refused.value) == (f'The VSphereBinding "refused" is invalid: {message}\n')
