"""What a Deployment becomes on this machine."""

import json
import re
import sys

import pytest

from hooks.app import create_app
from hooks.model import Settings
from standalone.parent import Parent
from standalone.pod import ADAPTER_IMAGE, Pod, PodError, environment_of, pod_of, resolve

SECRETS = {
    ("default", "credentials"): {"username": b"user", "password": b"pass", "token": b"other"},
    ("other", "credentials"): {"username": b"somebody else"},
}
PRINTER = {"printer.default.svc.cluster.local": "http://localhost:8080/in?token=1"}


@pytest.fixture
def deployment(source, schemas):
    """Ask the hooks for the Deployment of a source with this spec."""
    hooks = create_app(Settings(adapter_image=ADAPTER_IMAGE)).test_client()

    def answered(**spec):
        parent = Parent.create(schemas.admit(source(**spec)))
        answer = hooks.post("/vspheresource/sync", json=parent.request())
        parent.take(answer.get_json())
        [only] = parent.deployments
        return only

    return answered


@pytest.fixture
def pod(deployment, tmp_path):
    def resolved(services=PRINTER, secrets=SECRETS, **spec):
        return pod_of(deployment(**spec), folder=tmp_path, secrets=secrets, services=services)

    return resolved


def test_a_pod_has_what_a_kubelet_would_give_it(pod, tmp_path):
    assert pod(ceOverrides={"extensions": {"site": "a"}}) == Pod(
        command=(sys.executable, "-m", "adapter"),
        environment={
            "VC_URL": "https://vcenter.example.com",
            "VC_INSECURE": "true",
            "VC_SECRET_PATH": str(tmp_path / "secret"),
            "NAMESPACE": "default",
            "NAME": "events",
            "SOURCE_UID": "6bf8d441-29af-54ef-94c4-ccd88a89424d",
            "K_SINK": "http://sink.example.com",
            "K_CE_OVERRIDES": '{"extensions":{"site":"a"}}',
            "VSPHERE_KVSTORE_CONFIGMAP": "events-configmap",
            "VSPHERE_CHECKPOINT_CONFIG": '{"maxAge":"5m0s","period":"10s"}',
            "VSPHERE_CHECKPOINT_FILE": str(tmp_path / "checkpoint.json"),
            "VSPHERE_PAYLOAD_ENCODING": "application/json",
            "METRICS_PORT": "0",
            "LOG_FORMAT": "text",
        },
        folder=tmp_path,
        files={"username": b"user", "password": b"pass"},
    )


@pytest.mark.parametrize(
    ("value", "expanded"),
    [
        pytest.param("US$$", "US$", id="escaped dollar"),
        pytest.param("$(A)/$(A)", "first/first", id="reference"),
        pytest.param("$$(A)", "$(A)", id="escaped reference"),
        pytest.param("$$$(A)", "$first", id="dollar and reference"),
        pytest.param("$(LATER) $(B", "$(LATER) $(B", id="what names nothing before it"),
        pytest.param("$A $", "$A $", id="bare dollars"),
    ],
)
def test_variables_are_expanded_as_by_a_kubelet(value, expanded):
    variables = {"A": "first", "B": value, "LATER": "last"}
    env = [{"name": name, "value": value} for name, value in variables.items()]

    assert environment_of({"env": env}) == variables | {"B": expanded}


def test_a_pod_has_the_values_of_its_source_dollars_included(pod):
    environment = pod(ceOverrides={"extensions": {"price": "US$(NAME)"}}).environment

    assert environment["K_CE_OVERRIDES"] == '{"extensions":{"price":"US$(NAME)"}}'


def test_a_pod_does_not_show_its_files(pod):
    assert "pass'" not in repr(pod())


@pytest.mark.parametrize(
    ("secrets", "files"),
    [
        pytest.param({}, {}, id="no Secret"),
        pytest.param({("other", "credentials"): {"username": b"x"}}, {}, id="other namespace"),
        pytest.param(
            {("default", "credentials"): {"username": b"user"}}, {"username": b"user"}, id="one key"
        ),
    ],
)
def test_what_lacks_in_a_secret_is_left_for_the_adapter_to_report(pod, secrets, files):
    assert pod(secrets=secrets).files == files


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        pytest.param(
            "http://printer.default.svc.cluster.local",
            "http://localhost:8080/in?token=1",
            id="the Service itself",
        ),
        pytest.param(
            "https://printer.default.svc.cluster.local:8443/ce?a=b",
            "http://localhost:8080/ce?a=b",
            id="a path of its own",
        ),
        pytest.param("http://example.com/in", "http://example.com/in", id="another host"),
        pytest.param(
            "printer.default.svc.cluster.local", "printer.default.svc.cluster.local", id="no URL"
        ),
        pytest.param('{"extensions":{"a":"http://["}}', '{"extensions":{"a":"http://["}}', id="{}"),
        pytest.param("", "", id="empty"),
    ],
)
def test_urls_of_services_lead_where_the_user_says(value, resolved):
    assert resolve(value, PRINTER) == resolved


def test_sink_and_vcenter_may_both_be_services(pod):
    services = PRINTER | {"vc.lab.svc.cluster.local": "https://10.0.0.1"}
    sink = {"ref": {"apiVersion": "v1", "kind": "Service", "name": "printer"}, "uri": "/ce"}

    environment = pod(
        address="https://vc.lab.svc.cluster.local/sdk", sink=sink, services=services
    ).environment

    assert (environment["VC_URL"], environment["K_SINK"]) == (
        "https://10.0.0.1/sdk",
        "http://localhost:8080/ce",
    )


def test_a_dead_letter_sink_may_be_a_service(pod):
    ref = {"apiVersion": "v1", "kind": "Service", "name": "printer"}
    delivery = {"retry": 3, "deadLetterSink": {"ref": ref, "uri": "/dead"}}

    told = json.loads(pod(delivery=delivery).environment["VSPHERE_DELIVERY_CONFIG"])

    assert told == {"retry": 3, "deadLetterSink": {"uri": "http://localhost:8080/dead"}}


def test_a_service_that_leads_nowhere_is_an_error_that_says_what_to_do(pod):
    sink = {"ref": {"apiVersion": "v1", "kind": "Service", "name": "web", "namespace": "shop"}}

    with pytest.raises(PodError) as error:
        pod(sink=sink)

    assert str(error.value) == (
        "There is no cluster in which to find Service shop/web "
        "(http://web.shop.svc.cluster.local). Say where it leads with --service shop/web=URL, "
        "or put a URL into the manifest: uri for a sink, spec.address for a vCenter."
    )


def test_an_image_that_nothing_here_stands_for_is_an_error(deployment, tmp_path):
    unknown = deployment()
    unknown["spec"]["template"]["spec"]["containers"][0]["image"] = "nginx:1"

    with pytest.raises(
        PodError, match=re.escape("No program here stands for the image nginx:1, only adapter.")
    ):
        pod_of(unknown, folder=tmp_path, secrets={}, services={})
