"""What the DecoratorController is told to write on a workload."""

import datetime as dt
import json

import pytest

from hooks import workload as hook
from hooks.choice import Scope
from hooks.injection import Injection, bind
from hooks.model import RequestError
from tests.hooks.manifests import (
    ADDRESS,
    CONFIGURATION,
    DECORATION,
    JOB,
    KNATIVE_SERVICE,
    SECRET,
    binding,
    controlled_by,
    workload,
)
from tests.manifests import edited

NOW = dt.datetime(2026, 5, 1, 12, 0, 10, tzinfo=dt.UTC)
SLOT = int(NOW.timestamp()) // 30
FOR = {"for": "apps/v1/Deployment/app"}
CONTENT = FOR | {
    "binding": "credentials",
    "address": ADDRESS,
    "skipTLSVerify": False,
    "secretName": SECRET,
}
VCENTER = Injection(address=ADDRESS, skip_tls_verify=False, secret_name=SECRET)
EXCLUDED = {"bindings.knative.dev/exclude": "true"}


def canonical(content):
    return json.dumps(content, separators=(",", ":"), sort_keys=True)


RIGHT = canonical(CONTENT)


def decorated(found, text):
    annotations = found["metadata"].get("annotations", {})
    return edited(found, {"metadata.annotations": annotations | {DECORATION: text}})


def bound(changes=None):
    return bind(workload(changes), VCENTER)


def sync(found, *bindings, now=NOW, namespace_labels=None, scope=None):
    related = {
        "VSphereBinding.sources.tanzu.vmware.com/v1alpha1": {
            f"default/{each['metadata']['name']}": each for each in bindings
        },
        "Namespace.v1": {"default": {"metadata": {"labels": namespace_labels or {}}}},
    }
    request = {"object": found, "attachments": {}, "related": related, "finalizing": False}
    return hook.sync(request, now=now, scope=scope or Scope())


def answer(annotations, resync=0):
    return {"annotations": annotations, "resyncAfterSeconds": resync}


@pytest.mark.parametrize(
    ("found", "bindings", "expected"),
    [
        pytest.param(workload(), [], {}, id="nothing selects it: nothing"),
        pytest.param(workload(), [binding()], {DECORATION: RIGHT}, id="selected: what to bind to"),
        pytest.param(
            decorated(bound(), RIGHT), [binding()], {DECORATION: RIGHT}, id="bound: stays so"
        ),
        pytest.param(
            decorated(bound(), canonical(CONTENT | {"slot": 1})),
            [binding()],
            {DECORATION: canonical(CONTENT | {"slot": 1})},
            id="bound in some slot: stays so",
        ),
        pytest.param(
            decorated(bound(), canonical(CONTENT | {"address": "https://old.example.com"})),
            [binding()],
            {DECORATION: RIGHT},
            id="the binding has changed",
        ),
        pytest.param(
            decorated(bound(), RIGHT),
            [binding({"metadata.name": "other"})],
            {DECORATION: canonical(CONTENT | {"binding": "other"})},
            id="another binding binds it to the same",
        ),
        pytest.param(decorated(bound(), RIGHT), [], {DECORATION: None}, id="no longer selected"),
        pytest.param(
            decorated(workload(), canonical(FOR | {"slot": 1})),
            [],
            {DECORATION: None},
            id="unbound after a repair",
        ),
        pytest.param(
            decorated(workload(), canonical(CONTENT | {"for": "apps/v1/Deployment/other"})),
            [],
            {},
            id="copied from another object: none of ours",
        ),
        pytest.param(
            decorated(workload(), canonical(CONTENT | {"for": "apps/v1/Deployment/other"})),
            [binding()],
            {DECORATION: RIGHT},
            id="copied from another object, and selected",
        ),
        pytest.param(
            decorated(bound(), "by hand"), [binding()], {DECORATION: RIGHT}, id="written by hand"
        ),
        pytest.param(
            decorated(bound(), canonical(CONTENT | {"more": 1})),
            [binding()],
            {DECORATION: RIGHT},
            id="with something added by hand",
        ),
        pytest.param(
            decorated(workload({"spec.template.spec.volumes": [{"name": "vsphere-binding"}]}), ""),
            [binding()],
            {},
            id="a clash: as if nothing selected it",
        ),
        pytest.param(
            decorated(bound({"metadata.labels": EXCLUDED}), RIGHT),
            [binding()],
            {DECORATION: None},
            id="opted out: unbound",
        ),
        pytest.param(
            edited(decorated(bound(), RIGHT), controlled_by("serving.knative.dev/v1", "Revision")),
            [binding()],
            {},
            id="made by something that is bound: left alone",
        ),
    ],
)
def test_the_annotation_says_what_the_workload_is_to_be_bound_to(found, bindings, expected):
    assert sync(found, *bindings)["annotations"] == expected


@pytest.mark.parametrize(
    ("found", "bindings", "seconds"),
    [
        pytest.param(workload(), [], 0, id="nothing to write"),
        pytest.param(workload(), [binding()], 5, id="to be bound"),
        pytest.param(decorated(bound(), RIGHT), [binding()], 0, id="bound"),
        pytest.param(decorated(bound(), RIGHT), [], 5, id="to be unbound"),
    ],
)
def test_it_is_asked_again_soon_until_what_it_answers_is_there(found, bindings, seconds):
    """Metacontroller forgets a write that was refused because the status has changed."""
    assert sync(found, *bindings)["resyncAfterSeconds"] == seconds


def test_a_workload_in_a_namespace_that_opted_out_is_left_alone():
    found = decorated(workload(), RIGHT)

    assert sync(found, binding(), namespace_labels=EXCLUDED) == answer({})
    assert sync(found, binding(), scope=Scope(opt_in=True)) == answer({})


@pytest.mark.parametrize(
    ("found", "bindings", "content"),
    [
        pytest.param(decorated(workload(), RIGHT), [binding()], CONTENT, id="not bound"),
        pytest.param(
            decorated(bound(), canonical(CONTENT | {"address": "https://new.example.com"})),
            [binding({"spec.address": "https://new.example.com"})],
            CONTENT | {"address": "https://new.example.com"},
            id="bound to something else",
        ),
        pytest.param(bound(), [], FOR, id="not unbound"),
        pytest.param(
            decorated(bound(), canonical(CONTENT | {"for": "apps/v1/Deployment/other"})),
            [],
            FOR,
            id="copied with all that was injected, and not unbound",
        ),
        pytest.param(
            edited(decorated(bound(), RIGHT), {"spec.template.spec.containers": [{"name": "a"}]}),
            [binding()],
            CONTENT,
            id="a container was replaced",
        ),
        pytest.param(
            edited(bound(), {"metadata.annotations": {DECORATION: RIGHT}}),
            [binding()],
            CONTENT,
            id="the record of what was there before is lost",
        ),
    ],
)
def test_what_admission_missed_is_written_once_more_in_each_slot(found, bindings, content):
    first = {DECORATION: canonical(content | {"slot": SLOT})}
    assert sync(found, *bindings) == answer(first, resync=5)

    written = decorated(found, first[DECORATION])
    same_slot, next_slot = NOW + dt.timedelta(seconds=19), NOW + dt.timedelta(seconds=20)
    assert sync(written, *bindings, now=same_slot) == answer(first, resync=30)
    assert sync(written, *bindings, now=next_slot) == answer(
        {DECORATION: canonical(content | {"slot": SLOT + 1})}, resync=5
    )


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        pytest.param(SLOT + 1, SLOT + 1, id="a clock a bit ahead"),
        pytest.param(SLOT + 10, SLOT + 10, id="a clock five minutes ahead"),
        pytest.param(SLOT + 11, SLOT, id="no clock: a repair does not wait for ever"),
        pytest.param("later", SLOT, id="by hand"),
    ],
)
def test_replicas_with_different_clocks_do_not_write_in_turns(written, kept):
    found = decorated(workload(), canonical(CONTENT | {"slot": written}))

    assert sync(found, binding())["annotations"] == {
        DECORATION: canonical(CONTENT | {"slot": kept})
    }


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(JOB, id="Job"),
        pytest.param(
            KNATIVE_SERVICE | {"spec.template.metadata.name": "app-v1"}, id="named revision"
        ),
        pytest.param(
            CONFIGURATION | {"spec.template.metadata.name": "app-v1"}, id="of a Configuration"
        ),
    ],
)
def test_what_cannot_change_is_not_written_again_and_again(kind):
    found = workload(kind)
    subject = {
        "spec.subject.apiVersion": found["apiVersion"],
        "spec.subject.kind": found["kind"],
    }
    is_for = {"for": f"{found['apiVersion']}/{found['kind']}/app"}
    right = decorated(found, canonical(CONTENT | is_for))

    assert sync(found, binding(subject)) == answer(
        {DECORATION: canonical(CONTENT | is_for)}, resync=5
    )
    assert sync(right, binding(subject)) == answer({DECORATION: canonical(CONTENT | is_for)})
    assert sync(bind(found, VCENTER)) == answer({})


def test_a_knative_service_whose_revisions_are_not_named_is_repaired():
    subject = {
        "spec.subject.apiVersion": "serving.knative.dev/v1",
        "spec.subject.kind": "Service",
    }
    content = canonical(CONTENT | {"for": "serving.knative.dev/v1/Service/app"})

    assert sync(decorated(workload(KNATIVE_SERVICE), content), binding(subject)) == answer(
        {DECORATION: canonical(json.loads(content) | {"slot": SLOT})}, resync=5
    )


def test_the_older_of_two_bindings_is_named():
    older = {"metadata.name": "z", "metadata.creationTimestamp": "2026-04-01T00:00:00Z"}

    assert sync(workload(), binding(), binding(older)) == answer(
        {DECORATION: canonical(CONTENT | {"binding": "z"})}, resync=5
    )


def test_bindings_and_labels_of_the_namespace_are_asked_for():
    assert hook.customize({"parent": workload()}) == {
        "relatedResources": [
            {
                "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
                "resource": "vspherebindings",
                "namespace": "default",
            },
            {"apiVersion": "v1", "resource": "namespaces", "names": ["default"]},
        ]
    }


@pytest.mark.parametrize(
    "request_body",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"object": {}, "parent": {}}, id="an empty object"),
        pytest.param(
            {"object": workload({"metadata.namespace": ...}), "parent": workload({"kind": ...})},
            id="half an object",
        ),
    ],
)
def test_a_request_without_a_workload_is_refused(request_body):
    with pytest.raises(RequestError, match=r"^The hook request has no workload in the field obj"):
        hook.sync(request_body, now=NOW, scope=Scope())
    with pytest.raises(RequestError, match=r"^The hook request has no workload in the field par"):
        hook.customize(request_body)
