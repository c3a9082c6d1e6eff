"""What a binding's status says."""

import copy
import datetime as dt

import pytest

from hooks import binding as hook
from hooks.choice import Scope
from hooks.conditions import Verdict
from hooks.injection import Injection, bind
from hooks.lookup import lacks_kind
from hooks.model import RequestError, ServedKind
from tests.hooks.manifests import (
    ADDRESS,
    CONFIGURATION,
    JOB,
    KNATIVE_SERVICE,
    SECRET,
    binding,
    controlled_by,
    workload,
)
from tests.manifests import edited

NOW = dt.datetime(2026, 5, 1, 12, 0, tzinfo=dt.UTC)
VCENTER = Injection(address=ADDRESS, skip_tls_verify=False, secret_name=SECRET)
SERVED = {
    ("apps", "Deployment"): ServedKind(version="v1", plural="deployments"),
    ("apps", "ReplicaSet"): ServedKind(version="v1", plural="replicasets"),
    ("batch", "Job"): ServedKind(version="v1", plural="jobs"),
    ("batch", "CronJob"): ServedKind(version="v1", plural="cronjobs"),
    ("", "Secret"): ServedKind(version="v1", plural="secrets"),
    ("example.com", "Widget"): ServedKind(version="v2", plural="widgets"),
    ("", "ReplicationController"): ServedKind(version="v1", plural="replicationcontrollers"),
    ("serving.knative.dev", "Service"): ServedKind(version="v1", plural="services"),
    ("serving.knative.dev", "Configuration"): ServedKind(version="v1", plural="configurations"),
}
BINDINGS = "VSphereBinding.sources.tanzu.vmware.com/v1alpha1"
SCOPE = Scope(own_namespace="ours")
EXTRA = Scope(extra_kinds=frozenset({("example.com", "Widget"), ("", "ReplicationController")}))
VOLUME = {"name": "vsphere-binding", "emptyDir": {}}
CLASH = "spec.template.spec.volumes has a volume vsphere-binding of its own: give it another name."
PENDING = (
    "Still to be bound. If that takes more than a minute, see whether Metacontroller runs, and the "
    "Deployments vsphere-hooks and vsphere-webhook in the namespace ours. If they do, see whether "
    "another mutating webhook undoes the binding."
)
EXCLUDED = {"bindings.knative.dev/exclude": "true"}
OPTED_OUT = 'It has the label bindings.knative.dev/exclude: "true". Remove that label.'
CONTROLLED = (
    "It is made by Revision maker, which would undo every change. "
    "Bind that, or leave this out of the subject."
)


def bound(changes=None):
    return bind(workload(changes), VCENTER)


def named(name, changes=None):
    return workload({"metadata.name": name} | (changes or {}))


def to(kind, **chosen):
    """Change a binding's subject."""
    api_version, _, kind = kind.rpartition("/")
    return {"spec.subject": {"apiVersion": api_version, "kind": kind} | chosen}


ALL = to("apps/v1/Deployment", selector={})


def request_for(parent, *found, others=(), namespace_labels=None, looked_up=None):
    """The world around a binding: workloads, other bindings, labels of the namespace."""
    related = {
        BINDINGS: {f"default/{each['metadata']['name']}": each for each in (parent, *others)},
        "Namespace.v1": {"default": {"metadata": {"labels": namespace_labels or {}}}},
    }
    for kind in looked_up or ["Deployment.apps/v1"]:
        related[kind] = {}
    for each in found:
        kind = related.setdefault(f"{each['kind']}.{each['apiVersion']}", {})
        kind[f"default/{each['metadata']['name']}"] = each
    return {"parent": parent, "children": {}, "related": related, "finalizing": False}


def sync(changes, *found, scope=SCOPE, now=NOW, **world):
    request = request_for(binding(changes), *found, **world)
    return hook.sync(request, now=now, served=SERVED, scope=scope)


def answer(ready, reason="", message="", *, resync=0, **more):
    condition = {"type": "Ready", "status": ready, "lastTransitionTime": "2026-05-01T12:00:00Z"}
    if reason:
        condition["reason"] = reason
    if message:
        condition["message"] = message
    status = {"observedGeneration": 3, **more, "conditions": [condition]}
    return {"status": status, "children": [], "resyncAfterSeconds": resync}


def missed(name, reason, message):
    return {"name": name, "reason": reason, "message": message}


@pytest.mark.parametrize(
    ("changes", "found", "expected"),
    [
        pytest.param({}, [bound()], answer("True", bound=1), id="bound"),
        pytest.param(
            ALL,
            [bound({"metadata.name": name}) for name in "abc"],
            answer("True", bound=3),
            id="several bound",
        ),
        pytest.param(
            {},
            [],
            answer(
                "False",
                "SubjectMissing",
                "spec.subject: there is no Deployment default/app. Create it, or correct the name.",
                bound=0,
            ),
            id="the one named is missing",
        ),
        pytest.param(
            ALL,
            [],
            answer(
                "True",
                "NoSubjects",
                "No Deployment in the namespace matches spec.subject.selector.",
                bound=0,
            ),
            id="nothing matches the selector",
        ),
        pytest.param(
            {},
            [workload()],
            answer(
                "Unknown",
                "NotYetBound",
                f"Deployment app: {PENDING}",
                unbound=[missed("app", "NotYetBound", PENDING)],
            ),
            id="one to be bound",
        ),
        pytest.param(
            ALL,
            [named("a"), named("b"), bound({"metadata.name": "c"})],
            answer("Unknown", "NotYetBound", f"Several of 3 workloads. {PENDING}"),
            id="several to be bound: no count that would change each time",
        ),
        pytest.param(
            {},
            [workload({"spec.template.spec.volumes": [VOLUME]})],
            answer(
                "False",
                "Clash",
                f"Deployment app: {CLASH}",
                bound=0,
                unbound=[missed("app", "Clash", CLASH)],
            ),
            id="a clash",
        ),
        pytest.param(
            ALL,
            [
                named("b", {"spec.template.spec.volumes": [VOLUME]}),
                named("a", {"spec.template.spec.volumes": [VOLUME]}),
                named("c", {"spec.template.spec.volumes": [VOLUME]}),
                named("d"),
                named("e"),
            ],
            answer(
                "False",
                "Clash",
                f"Deployment a: {CLASH} And 2 more, see status.unbound.",
                unbound=[missed(name, "Clash", CLASH) for name in "abc"],
            ),
            id="what failed is told before what is still to be bound",
        ),
        pytest.param(
            {},
            [workload({"metadata.labels": EXCLUDED})],
            answer(
                "False",
                "OptedOut",
                f"Deployment app: {OPTED_OUT}",
                bound=0,
                unbound=[missed("app", "OptedOut", OPTED_OUT)],
            ),
            id="the one named has opted out",
        ),
        pytest.param(
            ALL,
            [
                bound(),
                named("out", {"metadata.labels": EXCLUDED}),
                named("theirs", controlled_by("serving.knative.dev/v1", "Revision")),
            ],
            answer(
                "True",
                bound=1,
                unbound=[
                    missed("out", "OptedOut", OPTED_OUT),
                    missed("theirs", "Controlled", CONTROLLED),
                ],
            ),
            id="some that a selector meets are left out on purpose",
        ),
    ],
)
def test_the_status_says_what_is_bound_and_what_is_not(changes, found, expected):
    assert sync(changes, *found) == expected


IMMUTABLE = "The template of a Job cannot change: delete the Job and create it again."
OVER = {"status.conditions": [{"type": "Complete", "status": "True"}]}
BY_HAND = {"status.conditions": [{"type": "Suspended", "status": "True"}]}
JOBS = to("batch/v1/Job", selector={})


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(
            [workload(JOB | BY_HAND)],
            answer(
                "False",
                "Immutable",
                f"Job app: {IMMUTABLE}",
                bound=0,
                unbound=[missed("app", "Immutable", IMMUTABLE)],
            ),
            id="was there before the binding",
        ),
        pytest.param(
            [bound(JOB), named("old", JOB | OVER)],
            answer("True", bound=1),
            id="has ended unbound: of no concern",
        ),
        pytest.param(
            [edited(bound(JOB), OVER)], answer("True", bound=1), id="has ended, and was bound"
        ),
    ],
)
def test_a_job_is_bound_from_the_start_or_never(found, expected):
    assert sync(JOBS, *found, looked_up=["Job.batch/v1"]) == expected


@pytest.mark.parametrize("kind", [KNATIVE_SERVICE, CONFIGURATION])
def test_a_revision_that_has_a_name_cannot_be_bound_without_another(kind):
    found = workload(kind | {"spec.template.metadata.name": "app-v1"})
    message = "Its revision has the name app-v1: change or remove spec.template.metadata.name."

    assert sync(to(f"{kind['apiVersion']}/{kind['kind']}", name="app"), found) == answer(
        "False",
        "NamedRevision",
        f"{kind['kind']} app: {message}",
        bound=0,
        unbound=[missed("app", "NamedRevision", message)],
    )


def test_the_younger_of_two_bindings_names_the_one_that_won():
    older = binding(ALL | {"metadata.name": "z", "metadata.creationTimestamp": "2026-01-01"})
    message = (
        "VSphereBinding z, which is older, binds it. "
        "Delete one of the two, or change the subject of one."
    )

    assert sync({}, bound(), others=[older]) == answer(
        "False",
        "Conflict",
        f"Deployment app: {message}",
        bound=0,
        unbound=[missed("app", "Conflict", message)],
    )


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"metadata.creationTimestamp": "2026-05-02T00:00:00Z"}, id="younger"),
        pytest.param({"metadata.deletionTimestamp": "2026-05-02T00:00:00Z"}, id="deleted"),
        pytest.param({"spec.subject.name": "other"}, id="of something else"),
    ],
)
def test_other_bindings_do_not_matter(changes):
    older = {"metadata.name": "a", "metadata.creationTimestamp": "2026-01-01T00:00:00Z"}

    assert sync({}, bound(), others=[binding(older | changes)]) == answer("True", bound=1)


def test_a_namespace_that_opted_out_says_so():
    message = 'Its namespace has the label bindings.knative.dev/exclude: "true". Remove that label.'

    assert sync({}, workload(), namespace_labels=EXCLUDED) == answer(
        "False",
        "OptedOut",
        f"Deployment app: {message}",
        bound=0,
        unbound=[missed("app", "OptedOut", message)],
    )


def test_no_more_than_twenty_are_listed():
    found = [
        named(f"app-{number:02}", {"spec.template.spec.volumes": [VOLUME]}) for number in range(25)
    ]

    status = sync(ALL, *found)["status"]

    assert [one["name"] for one in status["unbound"]] == [
        f"app-{number:02}" for number in range(20)
    ]
    assert status["conditions"][0]["message"].endswith("And 24 more, see status.unbound.")


ONLY_BY_SETTING = (
    "If it has a pod template at spec.template, an administrator can add the kind to the setting "
    "extraSubjects."
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            to("apps/v1/Deploymnet", name="app"),
            answer(
                "False",
                "KindNotServed",
                'spec.subject: this cluster serves no kind Deploymnet in the API group "apps". '
                "Install it, or correct apiVersion and kind.",
                resync=60,
            ),
            id="a kind that does not exist",
        ),
        pytest.param(
            to("batch/v1/CronJob", name="app"),
            answer(
                "False",
                "KindNotBindable",
                'spec.subject: the kind CronJob of the API group "batch" cannot be bound. '
                "Bind its Jobs: kind Job, and a selector of the labels in "
                "spec.jobTemplate.metadata of the CronJob.",
            ),
            id="a CronJob",
        ),
        pytest.param(
            to("apps/v1/ReplicaSet", name="app"),
            answer(
                "False",
                "KindNotBindable",
                'spec.subject: the kind ReplicaSet of the API group "apps" cannot be bound. '
                "Bind the Deployment that makes it.",
            ),
            id="a ReplicaSet",
        ),
        pytest.param(
            to("v1/Secret", selector={}),
            answer(
                "False",
                "KindNotBindable",
                'spec.subject: the kind Secret of the API group "" cannot be bound. '
                f"{ONLY_BY_SETTING}",
            ),
            id="Secrets",
        ),
        pytest.param(
            to("example.com/v1/Widget", name="app"),
            answer(
                "False",
                "KindNotBindable",
                'spec.subject: the kind Widget of the API group "example.com" cannot be bound. '
                f"{ONLY_BY_SETTING}",
            ),
            id="a kind of the user's",
        ),
        pytest.param(
            {"spec.subject.namespace": "other"},
            answer(
                "False",
                "OtherNamespace",
                "spec.subject.namespace: a binding reaches its own namespace only, which is "
                "default. Remove the field, or create the binding in other.",
            ),
            id="another namespace",
        ),
    ],
)
def test_a_subject_that_cannot_be_says_why_and_is_not_asked_for(changes, expected):
    assert sync(changes) == expected
    assert customize(changes) == AROUND


def test_a_kind_installed_later_is_not_called_missing():
    """Metacontroller asks `customize` rarely."""
    assert sync(to("serving.knative.dev/v1/Service", name="app")) == answer(
        "Unknown",
        "SubjectNotLookedUp",
        "spec.subject: the kind Service will be looked up within 20 minutes, because it was not "
        "served before. Change the spec of the binding to have that done now.",
        resync=60,
    )


AROUND = [
    {
        "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
        "resource": "vspherebindings",
        "namespace": "default",
    },
    {"apiVersion": "v1", "resource": "namespaces", "names": ["default"]},
]


def customize(changes, scope=SCOPE):
    parent = hook.parent_of({"parent": binding(changes)})
    return hook.customize(parent, served=SERVED, scope=scope)["relatedResources"]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        pytest.param(
            {},
            {"apiVersion": "apps/v1", "resource": "deployments", "names": ["app"]},
            id="by name",
        ),
        pytest.param(
            to("batch/v1beta1/Job", selector={"matchLabels": {"app": "web"}}),
            {
                "apiVersion": "batch/v1",
                "resource": "jobs",
                "labelSelector": {"matchLabels": {"app": "web"}},
            },
            id="by labels, in a version that is served",
        ),
        pytest.param(
            ALL,
            {"apiVersion": "apps/v1", "resource": "deployments", "labelSelector": {}},
            id="all of a kind, as was possible once",
        ),
        pytest.param(
            to("example.com/v1/Widget", name="app"),
            {"apiVersion": "example.com/v2", "resource": "widgets", "names": ["app"]},
            id="a kind of the user's that is set up",
        ),
        pytest.param(
            to("v1/ReplicationController", name="app"),
            {"apiVersion": "v1", "resource": "replicationcontrollers", "names": ["app"]},
            id="a kind of the core group that is set up",
        ),
    ],
)
def test_just_the_subjects_and_what_is_around_are_asked_for(changes, rule):
    assert customize(changes, EXTRA) == [*AROUND, rule | {"namespace": "default"}]


def test_an_extra_kind_is_bound_in_the_version_that_is_served():
    widget = bound({"apiVersion": "example.com/v2", "kind": "Widget"})

    assert sync(to("example.com/v1/Widget", name="app"), widget, scope=EXTRA) == answer(
        "True", bound=1
    )


def test_a_kind_is_looked_for_again_if_it_is_not_served():
    def lacks(changes):
        return lacks_kind(hook.parent_of({"parent": binding(changes)}), served=SERVED)

    assert not lacks({})
    assert lacks(to("example.com/v1/Gadget", name="app"))


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        pytest.param({}, [bound()], id="bound"),
        pytest.param({}, [], id="missing"),
        pytest.param(ALL, [named("a"), named("b")], id="pending"),
        pytest.param(to("v1/Secret", name="a"), [], id="impossible"),
    ],
)
def test_a_status_that_holds_is_answered_again_and_the_request_left_as_it_was(changes, found):
    first = sync(changes, *found)
    request = request_for(binding(changes) | {"status": first["status"]}, *found)
    kept = copy.deepcopy(request)

    later = NOW + dt.timedelta(days=1)
    assert hook.sync(request, now=later, served=SERVED, scope=SCOPE) == first
    assert request == kept


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        pytest.param({}, [workload()], id="unbound"),
        pytest.param({}, [bound()], id="bound"),
    ],
)
def test_an_api_server_takes_the_status(schemas, changes, found):
    answered = binding(changes) | {"status": sync(changes, *found)["status"]}

    assert schemas.admit(answered) == answered


CORRECT = "Correct it and apply the binding again: until then it binds nothing."


def test_a_binding_that_cannot_be_read_says_why_and_asks_for_nothing():
    """It was stored under an open schema."""
    message = f"spec.address: is required. {CORRECT}"
    changes = {"spec.address": ...}

    assert sync(changes, bound()) == answer("False", "Invalid", message)
    assert hook.parent_of({"parent": binding(changes)}) == Verdict("False", "Invalid", message)
    assert customize(changes) == []


def test_it_does_no_harm_to_the_others():
    broken = binding({"metadata.name": "a", "spec.subject": "app"})

    assert sync({}, bound(), others=[broken]) == answer("True", bound=1)


def since(seconds, status):
    """A binding of all Deployments, with a *status* written so many seconds before `NOW`."""
    time = (NOW - dt.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    entry = {"manager": "metacontroller", "subresource": "status", "time": time}
    return ALL | {"metadata.managedFields": [entry], "status": status}


def test_another_count_waits_until_the_one_before_has_stood_for_ten_seconds():
    one, two = bound(), bound({"metadata.name": "second"})
    counted = sync(ALL, one)["status"]

    early, late = (sync(since(seconds, counted), one, two) for seconds in (4, 10))

    assert early == answer("True", bound=1, resync=6)
    assert late == answer("True", bound=2)


def test_what_is_not_bound_is_told_at_once():
    counted = sync(ALL, bound())["status"]
    clashing = named("b", {"spec.template.spec.volumes": [VOLUME]})

    assert sync(since(1, counted), bound(), clashing) == answer(
        "False",
        "Clash",
        f"Deployment b: {CLASH}",
        bound=1,
        unbound=[missed("b", "Clash", CLASH)],
    )


def test_a_request_without_a_binding_is_refused():
    with pytest.raises(RequestError, match=r"^The hook request has no field parent\.$"):
        hook.parent_of({})
