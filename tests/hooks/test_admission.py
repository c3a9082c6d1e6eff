"""What becomes of a workload on its way into the API server."""

import base64
import copy
import json

import pytest

from hooks.admission import review
from hooks.choice import Scope
from hooks.injection import Injection, bind
from hooks.model import RequestError
from hooks.subjects import VSphereBinding
from tests.hooks.manifests import (
    ADDRESS,
    DECORATION,
    JOB,
    KNATIVE_SERVICE,
    ORIGINAL,
    SECRET,
    binding,
    controlled_by,
    workload,
)
from tests.manifests import edited

VCENTER = Injection(address=ADDRESS, skip_tls_verify=False, secret_name=SECRET)
OLD = Injection(address="https://old.example.com", skip_tls_verify=False, secret_name=SECRET)
CONTENT = {
    "for": "apps/v1/Deployment/app",
    "binding": "credentials",
    "address": ADDRESS,
    "skipTLSVerify": False,
    "secretName": SECRET,
}
EXCLUDED = {"bindings.knative.dev/exclude": "true"}
VOLUME = {"name": "vsphere-binding", "emptyDir": {}}
NAMED = KNATIVE_SERVICE | {"spec.template.metadata.name": "app-v1"}
MINE = {
    "spec.template.spec.containers": [{"name": "a", "env": [{"name": "VC_URL", "value": "mine"}]}]
}
FROZEN = (
    "VSphereBindings cannot change it. Its revision has the name app-v1: "
    "change or remove spec.template.metadata.name."
)


def to(kind):
    """Bind all of a kind."""
    kind = {"apiVersion": kind["apiVersion"], "kind": kind["kind"]}
    return binding({"spec.subject": kind | {"selector": {}}})


def canonical(content):
    return json.dumps(content, separators=(",", ":"), sort_keys=True)


def decorated(found, **changes):
    """That workload with the annotation that goes with `binding()`, or another."""
    is_for = {"for": f"{found['apiVersion']}/{found['kind']}/app"}
    annotations = found["metadata"].get("annotations", {})
    text = canonical(CONTENT | is_for | changes)
    return edited(found, {"metadata.annotations": annotations | {DECORATION: text}})


def done(changes=None, injection=VCENTER):
    """A workload as it has to be while `binding()` binds it."""
    return decorated(bind(workload(changes), injection))


def admit(found, *bindings, old=None, listed=True):
    """The object that the API server would store, and what it would say."""
    request = {"uid": "7", "namespace": "default", "object": found, "oldObject": old}
    kept = copy.deepcopy(request)
    parsed = [VSphereBinding.from_object(each) for each in bindings] if listed else None

    answer = review({"request": request}, parsed, scope=Scope())

    assert request == kept
    response = answer.pop("response")
    assert answer == {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}
    assert (response.pop("uid"), response.pop("allowed")) == ("7", True)
    patch = []
    if "patch" in response:
        assert response.pop("patchType") == "JSONPatch"
        patch = json.loads(base64.b64decode(response.pop("patch")))
    warnings = response.pop("warnings", [])
    assert response == {}
    return patched(found, patch), warnings


def patched(found, patch):
    """Apply a JSON patch as far as these need it."""
    result = copy.deepcopy(found)
    for operation in patch:
        *parents, name = operation["path"].strip("/").split("/")
        owner = result
        for parent in parents:
            owner = owner[parent]
        if operation["op"] == "remove":
            del owner[name]
        else:
            assert operation["op"] == "add" or name in owner
            owner[name] = operation["value"]
    return result


@pytest.mark.parametrize(
    ("found", "bindings", "stored"),
    [
        pytest.param(workload(), [], workload(), id="nothing selects it"),
        pytest.param(workload(), [binding()], done(), id="bound from the start"),
        pytest.param(workload(JOB), [to(JOB)], done(JOB), id="a Job, too"),
        pytest.param(workload(NAMED), [to(NAMED)], done(NAMED), id="a named revision, too"),
        pytest.param(
            workload({"metadata.annotations": {"note": "keep"}}),
            [binding()],
            done({"metadata.annotations": {"note": "keep"}}),
            id="with another annotation",
        ),
        pytest.param(done(), [binding()], done(), id="bound already"),
        pytest.param(
            done() | {"status": None}, [binding()], done(), id="bound, with a status that is null"
        ),
        pytest.param(
            workload() | {"status": None}, [], workload(), id="unbound, with a status that is null"
        ),
        pytest.param(done(), [], workload(), id="no longer selected"),
        pytest.param(
            done({"metadata.annotations": {"note": "keep"}}),
            [],
            workload({"metadata.annotations": {"note": "keep"}}),
            id="no longer selected, with another annotation",
        ),
        pytest.param(done(injection=OLD), [binding()], done(), id="bound to what was before"),
        pytest.param(decorated(workload(), slot=7), [binding()], done(), id="repaired"),
        pytest.param(
            decorated(workload(), address="https://evil.example.com"),
            [binding()],
            done(),
            id="an annotation by hand is corrected",
        ),
        pytest.param(decorated(workload()), [], workload(), id="or removed"),
        pytest.param(
            decorated(bind(workload(), VCENTER), **{"for": "apps/v1/Deployment/other"}),
            [binding()],
            done(),
            id="a copy of something that is bound",
        ),
        pytest.param(
            decorated(workload(), **{"for": "apps/v1/Deployment/other"}),
            [],
            decorated(workload(), **{"for": "apps/v1/Deployment/other"}),
            id="an annotation for another object is not ours",
        ),
        pytest.param(
            workload({"metadata.labels": EXCLUDED}),
            [binding()],
            workload({"metadata.labels": EXCLUDED}),
            id="opted out",
        ),
        pytest.param(
            done({"metadata.labels": EXCLUDED}),
            [binding()],
            workload({"metadata.labels": EXCLUDED}),
            id="opted out while bound",
        ),
        pytest.param(
            edited(done(injection=OLD), controlled_by("serving.knative.dev/v1", "Revision")),
            [binding()],
            edited(done(injection=OLD), controlled_by("serving.knative.dev/v1", "Revision")),
            id="made by something that is bound",
        ),
    ],
)
def test_bindings_alone_decide_what_is_created(found, bindings, stored):
    assert admit(found, *bindings) == (stored, [])


@pytest.mark.parametrize(
    ("old", "new", "stored"),
    [
        pytest.param(done(), workload(), done(), id="replaced with what the user has"),
        pytest.param(
            done(),
            edited(done(), {"metadata.annotations": ...}),
            done(),
            id="replaced without the annotations",
        ),
        pytest.param(
            done(MINE),
            edited(done(MINE), {"metadata.annotations": ...}),
            done(MINE),
            id="replaced without the annotations, which said what was there before",
        ),
        pytest.param(
            done(),
            edited(done(), {"metadata.annotations": {ORIGINAL: "by hand", DECORATION: "by hand"}}),
            done(),
            id="both annotations changed by hand",
        ),
        pytest.param(done(), done(injection=OLD), done(), id="rolled back, annotations and all"),
        pytest.param(
            done(),
            edited(done(), {"spec.template.spec.containers": [{"name": "b"}]}),
            done({"spec.template.spec.containers": [{"name": "b"}]}),
            id="containers replaced",
        ),
    ],
)
def test_an_update_is_bound_in_the_same_request(old, new, stored):
    assert admit(new, binding(), old=old) == (stored, [])


def test_a_clash_passes_with_a_warning():
    found = workload({"spec.template.spec.volumes": [VOLUME]})

    stored, [warning] = admit(found, binding())

    assert stored == found
    assert warning == (
        "VSphereBinding credentials: spec.template.spec.volumes has a volume vsphere-binding "
        "of its own: give it another name."
    )


def test_a_clash_that_comes_later_unbinds():
    mount = {"name": "data", "mountPath": "/var/bindings/vsphere"}
    mine = {"name": "app", "volumeMounts": [mount]}

    stored, [warning] = admit(
        edited(done(), {"spec.template.spec.containers": [mine]}), binding(), old=done()
    )

    assert stored == workload({"spec.template.spec.containers": [mine]})
    assert warning.startswith("VSphereBinding credentials: spec.template.spec.containers[0]")


@pytest.mark.parametrize(
    ("old", "new", "stored", "warnings"),
    [
        pytest.param(
            workload(NAMED),
            decorated(workload(NAMED)),
            decorated(workload(NAMED)),
            [FROZEN],
            id="to be bound: only the annotation, which takes the next change through admission",
        ),
        pytest.param(
            decorated(workload(NAMED)),
            decorated(workload(NAMED | {"spec.template.metadata.name": "app-v2"})),
            done(NAMED | {"spec.template.metadata.name": "app-v2"}),
            [],
            id="renamed: bound",
        ),
        pytest.param(done(NAMED), done(NAMED), done(NAMED), [], id="bound already"),
        pytest.param(
            done(NAMED), workload(NAMED), done(NAMED), [], id="replaced with what the user has"
        ),
    ],
)
def test_the_template_of_a_named_revision_stays_as_it_is(old, new, stored, warnings):
    assert admit(new, to(NAMED), old=old) == (stored, warnings)


def test_a_named_revision_is_unbound_when_it_is_renamed():
    still_bound, [warning] = admit(done(NAMED), old=done(NAMED))

    assert still_bound == bind(workload(NAMED), VCENTER)
    assert warning == FROZEN
    renamed = edited(still_bound, {"spec.template.metadata.name": "app-v2"})
    assert admit(renamed, old=still_bound) == (
        workload(NAMED | {"spec.template.metadata.name": "app-v2"}),
        [],
    )


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="to be bound"),
        pytest.param({"spec.template.spec.volumes": [VOLUME]}, id="bound before a clash"),
    ],
)
def test_the_template_of_a_job_that_exists_is_never_touched(changes):
    old = done(JOB, injection=OLD)
    found = edited(old, {"spec.suspend": False} | changes)

    stored, [warning] = admit(found, to(JOB), old=old)

    assert stored["spec"] == found["spec"]
    assert warning == (
        "VSphereBindings cannot change it. "
        "The template of a Job cannot change: delete the Job and create it again."
    )


def test_a_request_passes_as_it_is_when_the_bindings_are_not_known():
    assert admit(done(injection=OLD), listed=False) == (
        done(injection=OLD),
        ["The VSphereBindings of the namespace could not be listed."],
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"request": {"uid": "7"}}, id="no object"),
        pytest.param(
            {"request": {"uid": "7", "namespace": "default", "object": None}}, id="a deletion"
        ),
    ],
)
def test_what_is_no_review_is_refused(body):
    with pytest.raises(RequestError) as refused:
        review(body, [], scope=Scope())

    assert str(refused.value) == "The request is no AdmissionReview of a namespaced object."
