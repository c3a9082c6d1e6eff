"""What becomes of a source that is changed, damaged or deleted."""

import json

import pytest

APPS = "/apis/apps/v1"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
GROUP = "/apis/sources.tanzu.vmware.com/v1alpha1"
RUNS_IT = [
    ("vspheresources", "vcenter", GROUP),
    ("deployments", "vcenter-adapter", APPS),
    ("serviceaccounts", "vcenter-adapter", "/api/v1"),
    ("roles", "vcenter-adapter", RBAC),
    ("rolebindings", "vcenter-adapter", RBAC),
    ("configmaps", "vcenter-configmap", "/api/v1"),
]


def there(lab):
    """What is there of all that runs a source."""
    found = [resource for resource, name, group in RUNS_IT if lab.read(resource, name, group=group)]
    return found + [pod["metadata"]["name"] for pod in lab.pods()]


def patch(lab, resource, name, value):
    lab.kubectl("patch", resource, name, "--type=merge", "--patch", json.dumps(value))


def environment(pod):
    [container] = pod["spec"]["containers"]
    return {item["name"]: item["value"] for item in container["env"]}


def variable(name, value):
    """Whether a pod has that variable."""
    return lambda pod: environment(pod).get(name) == value


@pytest.fixture(scope="module")
def running(make_lab):
    """A source that streams; each test leaves it so."""
    lab = make_lab()
    account = {"name": "own", "namespace": lab.namespace}
    lab.apply(
        lab.source(),
        lab.secret("other"),
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account},
    )
    return lab.until_streaming()


@pytest.mark.parametrize(
    ("spec", "shows"),
    [
        pytest.param(
            {"sink": {"uri": "http://127.0.0.1:9/"}},
            variable("K_SINK", "http://127.0.0.1:9/"),
            id="sink",
        ),
        pytest.param(
            {"ceOverrides": {"extensions": {"site": "north"}}},
            variable("K_CE_OVERRIDES", '{"extensions":{"site":"north"}}'),
            id="ceOverrides",
        ),
        pytest.param(
            {"checkpointConfig": {"maxAgeSeconds": 60, "periodSeconds": 7}},
            variable("VSPHERE_CHECKPOINT_CONFIG", '{"maxAge":"1m0s","period":"7s"}'),
            id="checkpointConfig",
        ),
        pytest.param(
            {"payloadEncoding": "application/json"},
            variable("VSPHERE_PAYLOAD_ENCODING", "application/json"),
            id="payloadEncoding",
        ),
        pytest.param(
            {"secretRef": {"name": "other"}},
            lambda pod: pod["spec"]["volumes"][0]["secret"]["secretName"] == "other",
            id="secretRef",
        ),
        pytest.param(
            {"serviceAccountName": "own"},
            lambda pod: pod["spec"]["serviceAccountName"] == "own",
            id="serviceAccountName",
        ),
    ],
)
def test_a_changed_field_rolls_the_adapter(running, spec, shows):
    [before] = running.pods()

    patch(running, "vspheresource", "vcenter", {"spec": spec})

    [pod] = running.eventually(lambda: [pod for pod in running.pods() if shows(pod)])
    assert pod["metadata"]["uid"] != before["metadata"]["uid"]
    running.until_streaming()


def test_a_changed_address_is_used_and_so_is_its_trust(running):
    address = running.vcenter.url.replace("127.0.0.1", "localhost")

    patch(running, "vspheresource", "vcenter", {"spec": {"address": address}})

    reading = ("True", "Streaming", f"Reading the events of {address}.")
    running.eventually(lambda: running.conditions()["StreamReady"] == reading)
    patch(running, "vspheresource", "vcenter", {"spec": {"skipTLSVerify": False}})
    running.eventually(lambda: running.conditions()["Ready"][1:2] == ("CertificateNotTrusted",))
    running.kubectl("replace", "--filename", "-", objects=[running.source()])
    running.until_streaming()


@pytest.mark.parametrize(
    ("damage", "mended"),
    [
        pytest.param(
            ("scale", "deployment/vcenter-adapter", "--replicas=3"),
            lambda lab: lab.deployment()["spec"]["replicas"] == 1,
            id="a scaled Deployment",
        ),
        pytest.param(
            ("set", "env", "deployment/vcenter-adapter", "K_SINK=http://elsewhere.example.com"),
            lambda lab: variable("K_SINK", f"{lab.sink.url}{lab.path()}")(
                lab.deployment()["spec"]["template"]
            ),
            id="an edited variable",
        ),
        pytest.param(
            (
                "label",
                "deployment/vcenter-adapter",
                "vspheresources.sources.tanzu.vmware.com/name-",
            ),
            lambda lab: (
                "vspheresources.sources.tanzu.vmware.com/name"
                in lab.deployment()["metadata"]["labels"]
            ),
            id="a removed label",
        ),
        pytest.param(
            ("delete", "serviceaccount/vcenter-adapter"),
            lambda lab: lab.read("serviceaccounts", "vcenter-adapter"),
            id="a deleted ServiceAccount",
        ),
        pytest.param(
            ("delete", "rolebinding/vcenter-adapter"),
            lambda lab: lab.read("rolebindings", "vcenter-adapter", group=RBAC),
            id="a deleted RoleBinding",
        ),
        pytest.param(
            ("delete", "deployment/vcenter-adapter"),
            lambda lab: lab.deployment(),
            id="a deleted Deployment",
        ),
    ],
)
def test_drift_is_repaired(running, damage, mended):
    running.kubectl(*damage)

    running.eventually(lambda: mended(running))
    running.until_streaming()


def test_replaced_at_once_the_source_streams_again(running):
    old = running.read_source()["metadata"]["uid"]

    running.kubectl("replace", "--force", "--filename", "-", objects=[running.source()])

    assert running.read_source()["metadata"]["uid"] != old
    running.until_streaming()


def test_two_sources_of_one_namespace_do_not_meet(running, vcenter):
    running.apply(running.source("second"))
    running.until_streaming("second")

    [event] = vcenter.happen()

    running.eventually(lambda: event in running.arrived() and event in running.arrived("second"))
    running.kubectl("delete", "vspheresource", "second")
    running.eventually(lambda: running.deployment("second") is None)
    assert running.deployment() is not None


def test_a_long_name_is_no_obstacle(running, vcenter):
    name = "vcenter-of-the-northern-data-centre-and-its-twenty-thousand-machines"
    running.apply(running.source(name))
    running.until_streaming(name)

    [event] = vcenter.happen()

    running.eventually(lambda: event in running.arrived(name))


def test_everything_goes_with_the_source(lab, vcenter):
    lab.apply(lab.source())
    lab.until_streaming()
    vcenter.happen()
    lab.eventually(lambda: len(there(lab)) == len(RUNS_IT) + 1)

    lab.kubectl("delete", "vspheresource", "vcenter")

    lab.eventually(lambda: not there(lab))


def test_everything_goes_with_the_namespace(lab):
    lab.apply(lab.source())
    lab.until_streaming()

    lab.cluster.kubectl("delete", "namespace", lab.namespace, "--timeout=60s")

    assert not there(lab)
