"""What the webhook may do, and that nobody here passes a password on."""

import json

import pytest

from standalone.kubelet import ApiError

GROUP = "/apis/sources.tanzu.vmware.com/v1alpha1"
CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
SECRETS = "/api/v1/namespaces/vsphere-sources/secrets"
PASSWORD = "correct-horse-battery-staple"


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        pytest.param("GET", f"{GROUP}/vspherebindings", 200, id="list bindings"),
        pytest.param("GET", f"{SECRETS}/vsphere-webhook-certificate", 200, id="its certificate"),
        pytest.param("GET", f"{CONFIGURATIONS}/vsphere-sources", 200, id="its configuration"),
        pytest.param("GET", "/api/v1/secrets", 403, id="list Secrets"),
        pytest.param("GET", SECRETS, 403, id="list Secrets of its own namespace"),
        pytest.param("GET", f"{SECRETS}/another", 403, id="another Secret"),
        pytest.param(
            "GET",
            "/api/v1/namespaces/default/secrets/vsphere-webhook-certificate",
            403,
            id="a Secret of that name elsewhere",
        ),
        pytest.param(
            "DELETE", f"{SECRETS}/vsphere-webhook-certificate", 403, id="delete its certificate"
        ),
        pytest.param("GET", CONFIGURATIONS, 403, id="list configurations"),
        pytest.param("PATCH", f"{CONFIGURATIONS}/another", 403, id="another configuration"),
        pytest.param(
            "DELETE", f"{CONFIGURATIONS}/vsphere-sources", 403, id="delete its configuration"
        ),
        pytest.param("POST", CONFIGURATIONS, 403, id="create a configuration"),
        pytest.param("GET", "/apis/apps/v1/deployments", 403, id="list workloads"),
        pytest.param(
            "PATCH", "/apis/apps/v1/namespaces/default/deployments/any", 403, id="change workloads"
        ),
        pytest.param(
            "PATCH", f"{GROUP}/namespaces/default/vspherebindings/any", 403, id="change bindings"
        ),
    ],
)
def test_the_webhook_may_list_bindings_and_keep_its_certificate(installed, method, path, code):
    body = {} if method in {"POST", "PATCH"} else None
    answer = 200
    try:
        installed.webhook.call(method, path, body)
    except ApiError as error:
        answer = error.status

    assert answer == code


@pytest.mark.metacontroller
def test_no_password_is_in_requests_answers_workloads_or_logs(place, exchanges, services, kubelet):
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "credentials", "namespace": place.namespace},
        "type": "kubernetes.io/basic-auth",
        "stringData": {"username": "somebody", "password": PASSWORD},
    }
    items = [place.workload(kind) for kind in ("Deployment", "Job", "Service")]
    bindings = [place.binding(item) for item in items]

    place.apply(secret)
    place.create(items[0])
    for each in (*bindings, *items[1:]):
        place.create(each)
    for binding in bindings:
        place.until(lambda binding=binding: place.status(binding).get("bound"), 1)

    # What admission has answered is in what was stored.
    stored = json.dumps([place.read(each) for each in (*items, *bindings)])
    messages = [
        part.body.decode()
        for exchange in exchanges
        for part in (exchange.request, exchange.response)
        if part is not None
    ]
    logs = [
        log.read_text()
        for log in (services.folder / "metacontroller.log", *kubelet.folder.glob("*.log"))
    ]
    assert any(place.namespace in message for message in messages)
    assert "vsphere-binding" in stored
    assert PASSWORD not in "".join([stored, *messages, *logs])
