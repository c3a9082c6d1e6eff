"""Which requests the shipped MutatingWebhookConfiguration sends to the webhook, and which not."""

import base64
import collections
import contextlib
import datetime as dt
import itertools
import json
import os
import urllib.parse
from pathlib import Path

import pytest
import yaml

from hooks.annotations import DECORATION, ORIGINAL
from standalone.kubelet import ApiError
from standalone.kubelet.api import MERGE
from standalone.server import Response, Server
from standalone.simulator import certificate

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
COMPONENTS = ROOT / "metacontroller" / "components"

POD = {"containers": [{"name": "app", "image": "app"}]}
LABELS = {"app": "app"}
TEMPLATE = {"metadata": {"labels": LABELS}, "spec": POD}
WORKLOAD = {"selector": {"matchLabels": LABELS}, "template": TEMPLATE}
ONE_RUN = {"suspend": True, "template": {"spec": {**POD, "restartPolicy": "Never"}}}

NAMESPACES = {
    "rules": {},
    "rules-excluded": {"bindings.knative.dev/exclude": "true"},
    "rules-included": {"bindings.knative.dev/include": "true"},
    "vsphere-sources": {},
}
CREATED = ("shipped", "CREATE")
UPDATED = ("shipped", "UPDATE")
BOUND = {DECORATION: "a", ORIGINAL: "b"}


@pytest.fixture(scope="module")
def kustomized(cluster, tmp_path_factory):
    """What the kustomization makes of the configuration, with these components."""
    folder = tmp_path_factory.mktemp("kustomization")

    def kustomized(*components):
        paths = {"resources": [ROOT / "metacontroller"], "components": components}
        content = {
            field: [os.path.relpath(path, folder) for path in found]
            for field, found in paths.items()
        }
        (folder / "kustomization.yaml").write_text(yaml.safe_dump(content))
        [found] = [
            item
            for item in yaml.safe_load_all(cluster.kubectl("kustomize", folder))
            if item["kind"] == "MutatingWebhookConfiguration"
        ]
        return found

    return kustomized


@pytest.fixture(scope="module")
def received(cluster, kustomized):
    """What came, by namespace, resource and name: through which configuration, and what happens."""
    found = collections.defaultdict(list)

    def respond(request):
        review = json.loads(request.body)
        asked = review["request"]
        configuration = urllib.parse.urlsplit(request.path).path.strip("/")
        if not asked.get("dryRun"):
            key = (asked["namespace"], asked["resource"]["resource"], asked["name"])
            subresource = (asked["subResource"],) if asked.get("subResource") else ()
            found[key].append((configuration, asked["operation"], *subresource))
        answer = {**review, "response": {"uid": asked["uid"], "allowed": True}}
        tried.add(configuration)
        return Response(status=200, body=json.dumps(answer).encode())

    tried = set()
    authority, tls = certificate.self_signed(dt.datetime.now(dt.UTC))
    server = Server(respond, port=0, tls=tls)
    configurations = {
        "shipped": kustomized(),
        "extended": kustomized(COMPONENTS / "opt-in", COMPONENTS / "extra-subjects"),
    }
    for name, item in configurations.items():
        item["metadata"]["name"] = f"rules-{name}"
        item["webhooks"][0] |= {
            "clientConfig": {
                "url": f"https://127.0.0.1:{server.port}/{name}",
                "caBundle": base64.b64encode(authority.encode()).decode(),
            },
            # Should the webhook itself run beside this one, what it changes does not count here.
            "reinvocationPolicy": "Never",
        }
    for kinds in ("knative.yaml", "subjects.yaml"):
        cluster.kubectl("apply", "--filename", HERE / "system" / kinds)
    cluster.apply(*configurations.values(), *map(namespace, NAMESPACES))
    cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
    cluster.eventually(lambda: _try(cluster) or tried == configurations.keys())
    yield found
    for item in configurations.values():
        cluster.kubectl("delete", item["kind"], item["metadata"]["name"])
    for name in NAMESPACES.keys() - {"vsphere-sources"}:
        cluster.kubectl("delete", "namespace", name, "--wait=false")
    server.close()


def namespace(name):
    metadata = {"name": name, "labels": NAMESPACES[name]}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _try(cluster):
    """Create something without a trace, where both configurations reach."""
    path = "/apis/apps/v1/namespaces/rules-included/deployments?dryRun=All"
    cluster.api.call("POST", path, {"metadata": {"name": "probe"}, "spec": WORKLOAD})


@pytest.fixture(scope="module")
def numbers():
    return itertools.count(1)


@pytest.fixture
def create(cluster, received, numbers):
    """Create an object under a name of its own: its path, and what the webhook is told of it."""

    def create(api, kind, spec, *, annotations=None, namespace="rules"):
        name, plural = f"test-{next(numbers)}", f"{kind.lower()}s"
        parent = f"/apis/{api}/namespaces/{namespace}/{plural}"
        metadata = {"name": name, "annotations": annotations or {}}
        body = {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}
        cluster.api.call("POST", parent, body)
        made.append(f"{parent}/{name}")
        return made[-1], received[namespace, plural, name]

    made = []
    yield create
    for path in made:
        with contextlib.suppress(ApiError):
            cluster.api.call("DELETE", path, {"propagationPolicy": "Background"})


@pytest.fixture
def change(cluster):
    return lambda path, patch: cluster.api.call("PATCH", path, patch, content_type=MERGE)


@pytest.fixture
def deployment(cluster, create):
    """Create a Deployment that its controller is done with."""

    def deployment(annotations, *, template=TEMPLATE):
        spec = {**WORKLOAD, "template": template, "replicas": 0}
        path, received = create("apps/v1", "Deployment", spec, annotations=annotations)
        # While somebody else writes, the API server may ask twice for one update.
        cluster.eventually(lambda: is_quiet(cluster.get(path)))
        return path, received

    return deployment


def is_quiet(deployment):
    """Its controller has reported the last thing that it has to report."""
    conditions = deployment.get("status", {}).get("conditions", [])
    return "NewReplicaSetAvailable" in [condition["reason"] for condition in conditions]


def annotated(**changes):
    return {"metadata": {"annotations": changes}}


def changed(template):
    return {"spec": {"template": template}}


@pytest.mark.parametrize(
    ("api", "kind", "spec"),
    [
        pytest.param("apps/v1", "Deployment", WORKLOAD, id="Deployment"),
        pytest.param("apps/v1", "StatefulSet", WORKLOAD, id="StatefulSet"),
        pytest.param("apps/v1", "DaemonSet", WORKLOAD, id="DaemonSet"),
        pytest.param("batch/v1", "Job", ONE_RUN, id="Job"),
        pytest.param("serving.knative.dev/v1", "Service", {}, id="Service of Knative"),
        pytest.param("serving.knative.dev/v1", "Configuration", {}, id="Configuration"),
    ],
)
def test_every_new_workload_comes_to_the_webhook(create, api, kind, spec):
    _, received = create(api, kind, spec)

    assert received == [CREATED]


@pytest.mark.parametrize(
    ("api", "kind", "spec"),
    [
        pytest.param("apps/v1", "ReplicaSet", WORKLOAD, id="ReplicaSet"),
        pytest.param(
            "batch/v1",
            "CronJob",
            {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": ONE_RUN["template"]}}},
            id="CronJob",
        ),
    ],
)
def test_what_is_no_subject_does_not(create, api, kind, spec):
    _, received = create(api, kind, spec, annotations=BOUND)

    assert received == []


@pytest.mark.parametrize("place", ["rules-excluded", "kube-system", "vsphere-sources"])
def test_excluded_namespaces_are_left_alone(create, change, place):
    path, received = create("apps/v1", "Deployment", WORKLOAD, namespace=place)

    change(path, annotated(**BOUND))

    assert received == []


@pytest.mark.parametrize(
    ("before", "patch"),
    [
        pytest.param({}, annotated(**{DECORATION: "a"}), id="the decoration added"),
        pytest.param({}, annotated(**{ORIGINAL: "a"}), id="the record added"),
        pytest.param(BOUND, annotated(**{DECORATION: "c"}), id="the decoration edited"),
        pytest.param(BOUND, annotated(**{ORIGINAL: "c"}), id="the record edited"),
        pytest.param(BOUND, annotated(**{DECORATION: None}), id="the decoration removed"),
        pytest.param(BOUND, annotated(**{ORIGINAL: None}), id="the record removed"),
        pytest.param(BOUND, {"metadata": {"annotations": None}}, id="all annotations removed"),
        pytest.param(
            BOUND, changed({"spec": {"priorityClassName": "system-node-critical"}}), id="pod spec"
        ),
        pytest.param(
            BOUND, changed({"metadata": {"annotations": {"restarted": "now"}}}), id="restarted"
        ),
        pytest.param(
            {DECORATION: "a"},
            changed({"metadata": {"labels": {"more": ""}}}),
            id="template, with the decoration alone",
        ),
        pytest.param(
            {ORIGINAL: "a"},
            changed({"metadata": {"labels": {"more": ""}}}),
            id="template, with the record alone",
        ),
    ],
)
def test_an_update_that_concerns_a_binding_comes_once(deployment, change, before, patch):
    path, received = deployment(before)

    change(path, patch)

    assert received == [CREATED, UPDATED]


@pytest.mark.parametrize(
    ("before", "place", "patch"),
    [
        pytest.param({}, "", changed({"metadata": {"labels": {"more": ""}}}), id="unbound"),
        pytest.param({}, "", annotated(other="a"), id="unbound and annotated"),
        pytest.param(BOUND, "", annotated(other="a"), id="another annotation"),
        pytest.param(BOUND, "", annotated(**BOUND), id="the same annotations"),
        pytest.param(BOUND, "", changed(TEMPLATE), id="the same template"),
        pytest.param(BOUND, "", {"metadata": {"labels": {"more": ""}}}, id="labels"),
        pytest.param(BOUND, "", {"metadata": {"finalizers": ["e.g/x"]}}, id="finalizers"),
        pytest.param(BOUND, "", {"spec": {"paused": True}}, id="spec beside the template"),
        pytest.param(BOUND, "/scale", {"spec": {"replicas": 0}}, id="scale"),
        pytest.param(BOUND, "/status", {"status": {"observedGeneration": 9}}, id="status"),
        pytest.param(BOUND, "/status", annotated(**{DECORATION: "c"}), id="status and annotation"),
    ],
)
def test_any_other_update_does_not(deployment, change, before, place, patch):
    """The controller of Deployments, which writes an annotation of its own, does not either."""
    path, received = deployment(before)

    change(f"{path}{place}", patch)
    change(path, {"metadata": {"finalizers": None}})

    assert received == [CREATED]


def test_a_deleted_workload_does_not(cluster, deployment):
    path, received = deployment(BOUND)

    cluster.kubectl("delete", "deployment", path.rpartition("/")[2], "--namespace=rules")

    assert received == [CREATED]


def test_a_template_of_any_size_is_compared(deployment, change):
    """A condition that took too long would let the update pass by."""
    env = [{"name": f"VARIABLE_{number}", "value": "x" * 100} for number in range(500)]
    containers = [{"name": f"app-{number}", "image": "app", "env": env} for number in range(15)]
    large = {"metadata": {"labels": LABELS}, "spec": {"containers": containers}}
    path, received = deployment(BOUND, template=large)

    containers[-1]["env"] = [*env[:-1], {"name": "LAST", "value": "x"}]
    change(path, {"spec": {"template": {"spec": {"containers": containers}}}})

    assert received == [CREATED, UPDATED]


def test_a_kind_of_extra_subjects_comes_though_it_has_no_template(create, change):
    path, received = create("example.com/v1", "Worker", {}, namespace="rules-included")

    change(path, annotated(other="a"))
    change(path, annotated(**BOUND))
    change(path, annotated(other="b"))
    change(path, {"spec": {"template": {"spec": POD}}})

    assert received == [("extended", "CREATE"), ("extended", "UPDATE"), ("extended", "UPDATE")]


def test_with_opt_in_only_labelled_namespaces_are_reached(create):
    _, here = create("apps/v1", "Deployment", WORKLOAD, namespace="rules-included")
    _, there = create("apps/v1", "Deployment", WORKLOAD, namespace="rules")

    assert sorted(here) == [("extended", "CREATE"), CREATED]
    assert there == [CREATED]
