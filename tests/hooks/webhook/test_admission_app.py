"""Admission over HTTP: whole reviews in and out, and no workload held up by our trouble."""

import base64
import copy
import json

import pytest

from hooks.app import create_admission
from hooks.choice import Scope
from hooks.model import NotReadyError
from hooks.subjects import VSphereBinding
from tests.hooks.manifests import DECORATION, ORIGINAL, binding, edited, workload

PATH = "/admission/workload"
REVIEW = {
    "apiVersion": "admission.k8s.io/v1",
    "kind": "AdmissionReview",
    "request": {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "kind": {"group": "apps", "version": "v1", "kind": "Deployment"},
        "resource": {"group": "apps", "version": "v1", "resource": "deployments"},
        "name": "app",
        "namespace": "default",
        "operation": "CREATE",
        "userInfo": {"username": "admin"},
        "object": workload(),
        "oldObject": None,
        "dryRun": False,
    },
}


@pytest.fixture
def client():
    """The app, in front of the bindings of the namespace `default`."""

    def client(*bindings, check=lambda: None, scope=None):
        held = {"default": [*map(VSphereBinding.from_object, bindings)]}
        app = create_admission(scope=scope or Scope(), bindings=held.get, check=check)
        return app.test_client()

    return client


def answered(**response):
    """A whole review that allows."""
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {"uid": REVIEW["request"]["uid"], "allowed": True, **response},
    }


def test_a_workload_is_bound_on_its_way_in(client):
    response = client(binding()).post(PATH, json=REVIEW)

    answer = response.get_json()
    patch = json.loads(base64.b64decode(answer["response"].pop("patch")))
    assert (response.status_code, answer) == (200, answered(patchType="JSONPatch"))
    assert [(change["op"], change["path"]) for change in patch] == [
        ("replace", "/spec/template/spec"),
        ("add", "/metadata/annotations"),
    ]
    assert patch[1]["value"].keys() == {DECORATION, ORIGINAL}


def test_a_workload_that_nothing_binds_passes_as_it_is(client):
    response = client().post(PATH, json=REVIEW)

    assert (response.status_code, response.get_json()) == (200, answered())


def test_bindings_that_cannot_be_listed_are_a_warning(client):
    elsewhere = edited(REVIEW, {"request.namespace": "unlisted"})

    response = client(binding()).post(PATH, json=elsewhere)

    warning = "The VSphereBindings of the namespace could not be listed."
    assert (response.status_code, response.get_json()) == (200, answered(warnings=[warning]))


def test_no_revision_is_asked_for(client):
    assert client().post(f"{PATH}?rev=7", json=REVIEW).status_code == 200


@pytest.mark.parametrize("field", ["request", "request.uid", "request.namespace", "request.object"])
def test_what_is_no_review_is_refused(client, field):
    response = client().post(PATH, json=edited(copy.deepcopy(REVIEW), {field: ...}))

    assert response.status_code == 422
    assert response.get_json() == {
        "error": "The request is no AdmissionReview of a namespaced object."
    }


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        pytest.param(b"{", 400, "The request body is not JSON.", id="no JSON"),
        pytest.param(b"[]", 422, "The request body is not a JSON object.", id="no object"),
        pytest.param(
            b" " * (10 * 1024 * 1024 + 1),
            413,
            "The data value transmitted exceeds the capacity limit.",
            id="too large",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(client, body, status, error):
    response = client().post(PATH, data=body)

    assert (response.status_code, response.get_json()) == (status, {"error": error})


def test_it_is_ready_when_it_is_trusted(client):
    def check():
        raise NotReadyError("Not trusted yet.")

    waiting = client(check=check)

    assert waiting.get("/healthz").get_json() == {"status": "ok"}
    assert waiting.get("/readyz").get_json() == {"error": "Not trusted yet."}
    assert waiting.get("/readyz").status_code == 429
    assert client().get("/readyz").get_json() == {"status": "ok"}


def test_requests_are_counted(client):
    asked = client()
    asked.post(PATH, json=REVIEW)

    assert f'_count{{code="200",route="{PATH}"}} 1.0' in asked.get("/metrics").text


@pytest.mark.parametrize("path", ["/workload/sync", "/vspheresource/sync"])
def test_the_hooks_of_metacontroller_are_not_here(client, path):
    assert client().post(path, json={}).status_code == 404
