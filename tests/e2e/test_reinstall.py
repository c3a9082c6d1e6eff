"""Installing once more leaves alone what the webhook has written into what was installed."""

import datetime as dt
import subprocess
from pathlib import Path

import pytest
import yaml

from hooks import certificates, rotation
from standalone.kubelet.api import STRATEGIC_MERGE
from tests.programs import program

ROOT = Path(__file__).parents[2]
NAMESPACE = "reinstall"
CONFIGURATIONS = "mutatingwebhookconfigurations"
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture(scope="module")
def shipped(cluster):
    """The configuration and the Secret, under names of their own, and no workload is concerned."""
    objects = yaml.safe_load_all(cluster.kubectl("kustomize", "metacontroller"))
    found = {item["kind"]: item for item in objects}
    configuration, secret = found["MutatingWebhookConfiguration"], found["Secret"]
    configuration["webhooks"][0]["rules"] = []
    secret["metadata"]["namespace"] = NAMESPACE
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    yield configuration, secret
    cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


@pytest.fixture
def helm(cluster, tmp_path):
    """Install objects as a chart."""
    found = program("helm")
    (tmp_path / "templates").mkdir()
    chart = {"apiVersion": "v2", "name": "reinstall", "version": "1.0.0"}
    (tmp_path / "Chart.yaml").write_text(yaml.safe_dump(chart))

    def install(objects):
        (tmp_path / "templates" / "objects.yaml").write_text(yaml.safe_dump_all(objects))
        subprocess.run(
            [
                *(found, "upgrade", "--install", "reinstall", tmp_path),
                *("--namespace", NAMESPACE, "--kubeconfig", cluster.kubeconfig),
            ],
            check=True,
            capture_output=True,
        )

    return install


@pytest.fixture
def install(request, cluster):
    """Install objects in that way."""
    if request.param == "helm":
        return request.getfixturevalue("helm")
    return lambda objects: cluster.kubectl(
        *request.param.split(), "--filename", "-", objects=objects
    )


@pytest.fixture
def objects(cluster, shipped, request):
    """The two, once more under other names."""
    number = request.node.callspec.indices["install"]
    named = [
        {**item, "metadata": {**item["metadata"], "name": f"reinstall-{number}"}}
        for item in shipped
    ]
    yield named
    cluster.kubectl("delete", "--filename", "-", objects=named)


@pytest.mark.parametrize("install", ["apply", "apply --server-side", "helm"], indirect=True)
def test_certificate_and_trust_outlive_the_next_installation(cluster, objects, install):
    configuration, secret = (
        f"/apis/admissionregistration.k8s.io/v1/{CONFIGURATIONS}/{objects[0]['metadata']['name']}",
        f"/api/v1/namespaces/{NAMESPACE}/secrets/{objects[1]['metadata']['name']}",
    )
    held = [certificates.make(["example.com"], NOW)]
    install(objects)
    trust = rotation.trust(cluster.get(configuration), held, now=NOW)
    cluster.api.call("PATCH", configuration, trust, content_type=STRATEGIC_MERGE)
    cluster.api.call("PUT", secret, rotation.filled(cluster.get(secret), held))
    trusting = cluster.get(configuration)["webhooks"]

    for item in objects:
        item["metadata"]["labels"] = {"installed": "once-more"}
    install(objects)

    configured, kept = cluster.get(configuration), cluster.get(secret)
    assert configured["webhooks"] == trusting
    assert rotation.trust(configured, held, now=NOW) is None
    assert rotation.held(kept) == held
    for item in (configured, kept):
        assert item["metadata"]["labels"]["installed"] == "once-more"
