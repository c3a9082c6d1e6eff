"""The hooks over HTTP: whatever is wrong is never answered with 200."""

import json

import pytest

from hooks import binding, workload
from hooks.app import create_app
from hooks.choice import Scope
from hooks.model import NotReadyError, ServedKind
from tests.hooks import manifests

SYNC = "/vspheresource/sync"
CUSTOMIZE = "/vspheresource/customize"
MAX_BODY_BYTES = 10 * 1024 * 1024
HOOKS = [pytest.param(SYNC, id="sync"), pytest.param(CUSTOMIZE, id="customize")]
ALL_HOOKS = [
    SYNC,
    CUSTOMIZE,
    "/vspherebinding/sync",
    "/vspherebinding/customize",
    "/workload/sync",
    "/workload/customize",
]
THINGS = ("example.com", "Thing")
OF_THINGS = {"spec.subject": {"apiVersion": "example.com/v1", "kind": "Thing", "name": "app"}}
PROBES = ["/healthz", "/readyz"]
PARENT_FIELDS = [
    "parent",
    "parent.metadata",
    "parent.metadata.namespace",
    "parent.metadata.name",
    "parent.metadata.uid",
    "parent.metadata.generation",
    "parent.spec",
    "parent.spec.address",
    "parent.spec.skipTLSVerify",
    "parent.spec.secretRef",
    "parent.spec.secretRef.name",
    "parent.spec.sink",
    "parent.spec.sink.ref.apiVersion",
    "parent.spec.sink.ref.kind",
    "parent.spec.sink.ref.name",
    "parent.spec.checkpointConfig",
    "parent.spec.checkpointConfig.maxAgeSeconds",
    "parent.spec.checkpointConfig.periodSeconds",
    "parent.spec.payloadEncoding",
]
TO_SERVICE = {"spec.sink": {"ref": {"apiVersion": "v1", "kind": "Service", "name": "events"}}}
TO_BROKER = {
    "spec.sink": {
        "ref": {"apiVersion": "eventing.knative.dev/v1beta1", "kind": "Broker", "name": "events"}
    }
}
DEAD_LETTERS = {"spec.delivery.deadLetterSink": TO_BROKER["spec.sink"]}


def spoil(request, field, *, null):
    *path, name = field.split(".")
    for step in path:
        request = request[step]
    if null:
        request[name] = None
    else:
        del request[name]


def test_sync_answers_what_becomes_of_the_source(client, request_for, sync):
    response = client.post(SYNC, json=request_for())
    desired = sync()

    assert response.status_code == 200
    assert response.get_json() == {
        "status": desired.status,
        "children": desired.children,
        "resyncAfterSeconds": 5,
    }


def test_customize_answers_what_sync_wants_to_see(client, parent):
    response = client.post(CUSTOMIZE, json={"parent": parent(TO_BROKER)})

    assert response.status_code == 200
    assert response.get_json() == {
        "relatedResources": [
            {
                "apiVersion": "eventing.knative.dev/v1",
                "resource": "brokers",
                "namespace": "default",
                "names": ["events"],
            }
        ]
    }


def test_an_app_that_was_told_of_no_kinds_asks_for_none(settings, parent):
    client = create_app(settings).test_client()

    response = client.post(CUSTOMIZE, json={"parent": parent(TO_BROKER)})

    assert response.get_json() == {"relatedResources": []}


def test_an_app_looks_at_the_clock_by_itself(settings, request_for):
    client = create_app(settings).test_client()

    [ready, *_] = client.post(SYNC, json=request_for()).get_json()["status"]["conditions"]

    assert ready["lastTransitionTime"] > "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("null", [True, False], ids=["null", "missing"])
def test_no_related_objects_may_be_written_as_nothing(client, request_for, null):
    request = request_for()
    usual = client.post(SYNC, json=request)
    spoil(request, "related", null=null)

    response = client.post(SYNC, json=request)

    assert (response.status_code, response.get_json()) == (200, usual.get_json())


def test_json_is_read_whatever_it_is_declared_to_be(client, request_for):
    body = json.dumps(request_for())

    assert client.post(SYNC, data=body, content_type="text/plain").status_code == 200


@pytest.mark.parametrize("hook", ALL_HOOKS)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="half an object"),
        pytest.param(b"parent: {}", id="YAML"),
        pytest.param(b'"\xff"', id="not UTF-8"),
    ],
)
def test_a_body_that_is_no_json_is_refused(client, hook, body):
    response = client.post(hook, data=body)

    assert response.status_code == 400
    assert response.get_json() == {"error": "The request body is not JSON."}


@pytest.mark.parametrize("hook", ALL_HOOKS)
@pytest.mark.parametrize("body", ["null", "[]", '"parent"', "7", "true"])
def test_json_that_is_no_object_is_refused(client, hook, body):
    response = client.post(hook, data=body)

    assert response.status_code == 422
    assert response.get_json() == {"error": "The request body is not a JSON object."}


@pytest.mark.parametrize("null", [True, False], ids=["null", "missing"])
@pytest.mark.parametrize(
    ("hook", "field"),
    [
        *((SYNC, field) for field in ["children", *PARENT_FIELDS]),
        *((CUSTOMIZE, field) for field in PARENT_FIELDS),
    ],
)
def test_a_request_without_a_field_is_told_which(client, request_for, hook, field, null):
    request = request_for(TO_SERVICE)
    spoil(request, field, null=null)

    response = client.post(hook, json=request)

    assert response.status_code == 422
    assert response.get_json() == {"error": f"The hook request has no field {field}."}


def test_a_field_in_the_place_of_another_is_missing_too(client, request_for):
    request = request_for()
    request["parent"]["spec"]["secretRef"] = "vsphere-credentials"

    response = client.post(SYNC, json=request)

    assert response.status_code == 422
    assert response.get_json() == {
        "error": "The hook request has no field parent.spec.secretRef.name."
    }


@pytest.mark.parametrize("hook", ALL_HOOKS)
def test_a_body_too_large_is_refused(client, hook):
    response = client.post(hook, data=b" " * (MAX_BODY_BYTES + 1))

    assert response.status_code == 413
    assert response.get_json() == {
        "error": "The data value transmitted exceeds the capacity limit."
    }


def test_a_body_just_small_enough_is_read(client, request_for):
    body = json.dumps(request_for()).encode().ljust(MAX_BODY_BYTES)

    assert client.post(SYNC, data=body).status_code == 200


@pytest.mark.parametrize("hook", ALL_HOOKS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_hook_takes_only_post(client, hook, method):
    response = client.open(hook, method=method)

    assert response.status_code == 405
    assert response.get_json() == {"error": "The method is not allowed for the requested URL."}


@pytest.mark.parametrize("path", ["/", "/vspheresource", "/vspheresource/finalize"])
def test_a_path_that_is_no_hook_is_not_found(client, request_for, path):
    response = client.post(path, json=request_for())

    assert response.status_code == 404
    assert response.get_json()["error"].startswith("The requested URL was not found")


@pytest.mark.parametrize("hook", ALL_HOOKS)
@pytest.mark.parametrize("asked", ["6", "8", ""])
def test_a_request_for_another_revision_is_put_off(client, request_for, hook, asked):
    response = client.post(f"{hook}?rev={asked}", json=request_for())

    assert response.status_code == 429
    assert response.headers["Retry-After"] == "5"
    assert response.get_json() == {"error": f"This instance serves revision '7', not {asked!r}."}


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("query", ["", "?rev=7"])
def test_a_request_for_this_revision_or_any_is_answered(client, request_for, hook, query):
    assert client.post(hook + query, json=request_for()).status_code == 200


@pytest.mark.parametrize("hook", HOOKS)
def test_a_fault_of_the_hook_itself_is_an_error_and_no_answer(settings, request_for, hook, caplog):
    def served():
        raise OSError("secret detail")

    client = create_app(settings, served=served).test_client()

    response = client.post(hook, json=request_for())

    assert response.status_code == 500
    assert response.get_json() == {
        "error": "The server encountered an internal error and was unable to complete your request."
        " Either the server is overloaded or there is an error in the application."
    }
    assert "secret detail" in caplog.text


@pytest.mark.parametrize("path", PROBES)
def test_probes_are_answered_with_the_revision(client, path):
    response = client.get(path)

    assert (response.status_code, response.get_json()) == (200, {"status": "ok", "revision": "7"})


def test_metrics_count_and_time_requests_by_route_and_code(client, request_for):
    client.post(SYNC, json=request_for())
    client.post(SYNC, json=request_for())
    client.post(f"{CUSTOMIZE}?rev=8")
    client.get("/etc/passwd")

    response = client.get("/metrics")

    assert response.status_code == 200
    assert response.content_type == "text/plain; version=1.0.0; charset=utf-8"
    assert [line for line in response.text.splitlines() if "_count" in line] == [
        f'vsphere_hooks_request_seconds_count{{code="200",route="{SYNC}"}} 2.0',
        f'vsphere_hooks_request_seconds_count{{code="429",route="{CUSTOMIZE}"}} 1.0',
        'vsphere_hooks_request_seconds_count{code="404",route="none"} 1.0',
    ]


def test_two_apps_count_for_themselves(client, settings):
    client.get("/healthz")

    other = create_app(settings).test_client()

    assert "_count{" not in other.get("/metrics").text


def test_until_the_served_kinds_are_known_a_hook_asks_to_come_back(settings, request_for):
    def not_yet():
        raise NotReadyError("Not known yet.")

    client = create_app(settings, served=not_yet).test_client()
    answers = [client.post(SYNC, json=request_for()), client.get("/readyz")]

    assert [
        (answer.status_code, answer.headers["Retry-After"], answer.get_json()) for answer in answers
    ] == [(429, "5", {"error": "Not known yet."})] * 2
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("changes", [TO_BROKER, DEAD_LETTERS], ids=["sink", "dead-letter sink"])
def test_a_kind_that_was_installed_a_moment_ago_is_looked_at_from_the_start(
    settings, request_for, changes
):
    served = {}
    broker = ("eventing.knative.dev", "Broker")

    def look_again():
        served[broker] = ServedKind(version="v1", plural="brokers")

    app = create_app(settings, served=lambda: served, look_again=look_again)
    answer = app.test_client().post(CUSTOMIZE, json=request_for(changes))

    [rule] = answer.get_json()["relatedResources"]
    assert (rule["apiVersion"], rule["resource"]) == ("eventing.knative.dev/v1", "brokers")


@pytest.mark.parametrize("changes", [{}, TO_SERVICE], ids=["URL", "Service"])
def test_what_needs_no_look_at_the_cluster_causes_none(settings, request_for, changes):
    looks = []
    app = create_app(settings, look_again=lambda: looks.append(1))

    assert app.test_client().post(CUSTOMIZE, json=request_for(changes)).status_code == 200
    assert looks == []


def test_a_binding_gets_its_status_over_http(client, served, now):
    request = {"parent": manifests.binding(), "children": {}, "related": {}}

    response = client.post("/vspherebinding/sync", json=request)

    assert response.status_code == 200
    assert response.get_json() == binding.sync(request, now=now, served=served, scope=Scope())


def test_a_binding_is_told_of_its_workloads_over_http(settings):
    served = {("apps", "Deployment"): ServedKind(version="v1", plural="deployments")}
    client = create_app(settings, served=lambda: served).test_client()

    response = client.post("/vspherebinding/customize", json={"parent": manifests.binding()})

    *_, rule = response.get_json()["relatedResources"]
    assert rule == {
        "apiVersion": "apps/v1",
        "resource": "deployments",
        "namespace": "default",
        "names": ["app"],
    }


def test_a_workload_gets_its_annotation_over_http(client, now):
    bindings = {"VSphereBinding.sources.tanzu.vmware.com/v1alpha1": {"x": manifests.binding()}}
    request = {"object": manifests.workload(), "attachments": {}, "related": bindings}

    response = client.post("/workload/sync", json=request)

    assert response.status_code == 200
    assert response.get_json() == workload.sync(request, now=now, scope=Scope())
    assert manifests.DECORATION in response.get_json()["annotations"]


def test_a_workload_is_told_of_the_bindings_over_http(client):
    request = {"parent": manifests.workload()}

    response = client.post("/workload/customize", json=request)

    assert (response.status_code, response.get_json()) == (200, workload.customize(request))


def test_a_binding_that_cannot_be_read_is_no_failed_request(client):
    request = {"parent": manifests.binding({"spec": ...}), "children": {}, "related": {}}

    status, rules = (
        client.post(f"/vspherebinding/{hook}", json=request) for hook in ("sync", "customize")
    )

    assert status.get_json()["status"]["conditions"][0]["reason"] == "Invalid"
    assert rules.get_json() == {"relatedResources": []}


@pytest.mark.parametrize("hook", ALL_HOOKS[2:])
def test_a_hook_of_bindings_says_what_it_misses(client, hook):
    response = client.post(hook, json={})

    assert response.status_code == 422
    assert response.get_json()["error"].startswith("The hook request has no ")


def test_what_else_can_be_bound_is_a_setting(settings):
    served = {THINGS: ServedKind(version="v1", plural="things")}
    rules = []
    for scope in (Scope(), Scope(extra_kinds=frozenset({THINGS}))):
        client = create_app(settings, scope=scope, served=lambda: served).test_client()
        request = {"parent": manifests.binding(OF_THINGS)}
        answer = client.post("/vspherebinding/customize", json=request).get_json()
        rules.append([rule["resource"] for rule in answer["relatedResources"]])

    assert [("things" in resources) for resources in rules] == [False, True]


def test_a_namespace_that_did_not_opt_in_is_a_setting(settings, now):
    bindings = {"VSphereBinding.sources.tanzu.vmware.com/v1alpha1": {"x": manifests.binding()}}
    namespace = {"Namespace.v1": {"default": {"metadata": {"name": "default"}}}}
    request = {"object": manifests.workload(), "related": bindings | namespace}
    app = create_app(settings, scope=Scope(opt_in=True), now=lambda: now)

    answer = app.test_client().post("/workload/sync", json=request).get_json()

    assert answer["annotations"] == {}


def test_subjects_of_a_kind_that_was_installed_a_moment_ago_are_looked_up_from_the_start(settings):
    served = {}

    def look_again():
        served[THINGS] = ServedKind(version="v1", plural="things")

    scope = Scope(extra_kinds=frozenset({THINGS}))
    app = create_app(settings, scope=scope, served=lambda: served, look_again=look_again)
    request = {"parent": manifests.binding(OF_THINGS)}
    answer = app.test_client().post("/vspherebinding/customize", json=request).get_json()

    assert answer["relatedResources"][-1]["resource"] == "things"
