"""The chart installs what `metacontroller/` does, and each value changes what it says."""

import json
import operator
import urllib.parse
from pathlib import Path

import pytest
import yaml

from release import kustomization

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "vsphere-sources"
INSTALL = ROOT / "metacontroller"
CHART_LABELS = {
    "app.kubernetes.io/instance": "events",
    "app.kubernetes.io/managed-by": "Helm",
    "app.kubernetes.io/version": "0.1.0",
    "helm.sh/chart": "vsphere-sources-0.1.0",
}
HOOKS = ("Deployment", "vsphere-hooks")
WEBHOOK = ("Deployment", "vsphere-webhook")
POLICY = ("NetworkPolicy", "vsphere-hooks")
CONTROLLERS = {"CompositeController", "DecoratorController"}
WORKER = {"group": "example.com", "version": "v1", "resource": "workers", "kind": "Worker"}
EVERYTHING = {
    "extraSubjects": [WORKER],
    "certManager": {"enabled": True},
    "optIn": {"enabled": True},
    "knativeBindings": {"enabled": True},
    "leastPrivilege": {"enabled": True},
}


def by_name(objects):
    return {(item["kind"], item["metadata"]["name"]): item for item in objects}


def manifests(folder):
    """The objects of `kubectl apply -k FOLDER`, by kind and name."""
    return by_name(kustomization.objects(folder))


def pod(objects, owner=HOOKS):
    return objects[owner]["spec"]["template"]["spec"]


def environment(objects, owner=HOOKS):
    [container] = pod(objects, owner)["containers"]
    return {variable["name"]: variable["value"] for variable in container["env"]}


def hook_urls(objects):
    return [
        urllib.parse.urlsplit(hook["webhook"]["url"])
        for (kind, _), item in objects.items()
        if kind in CONTROLLERS
        for hook in item["spec"]["hooks"].values()
    ]


def revisions(objects):
    """The revision that the hooks have, and those that Metacontroller asks for."""
    asked = {url.query.partition("=")[2] for url in hook_urls(objects)}
    return environment(objects)["HOOKS_REVISION"], asked


def changes(before, after):
    """The paths at which two objects differ."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return {"": (before, after)} if before != after else {}
    return {
        f"/{key}{path}": change
        for key in before.keys() | after.keys()
        for path, change in changes(before.get(key), after.get(key)).items()
    }


def in_both(field, value):
    """The pods of hooks and webhook have this field more."""
    return {owner: {f"/spec/template/spec/{field}": (None, value)} for owner in (HOOKS, WEBHOOK)}


def without_revision(objects):
    revision, _ = revisions(objects)
    return by_name(json.loads(json.dumps(list(objects.values())).replace(revision, "0.1.0")))


def labelled(objects):
    """The objects of the manifests, with the labels that the chart adds."""
    return {
        key: {
            **item,
            "metadata": {
                **item["metadata"],
                "labels": item["metadata"].get("labels", {}) | CHART_LABELS,
            },
        }
        if item["kind"] != "CustomResourceDefinition"
        else item
        for key, item in objects.items()
    }


def in_order(objects):
    """The same, with what has names in the order of these."""
    copy = json.loads(json.dumps(list(objects.values())))
    for item in copy:
        if item["kind"] == "Deployment":
            spec = item["spec"]["template"]["spec"]
            for found in (
                spec["volumes"],
                *(
                    container[field]
                    for container in spec["containers"]
                    for field in ("env", "volumeMounts")
                ),
            ):
                found.sort(key=operator.itemgetter("name"))
    return by_name(copy)


def test_helm_finds_nothing_to_complain_about(helm):
    done = helm("lint", str(CHART), "--strict")

    assert done.returncode == 0, done.stdout


def test_the_defaults_install_what_the_manifests_do_but_for_the_namespace(rendered):
    expected = labelled(manifests(INSTALL))
    del expected["Namespace", "vsphere-sources"]

    assert without_revision(rendered({}, "--include-crds")) == expected


@pytest.mark.parametrize(
    ("value", "overlay"),
    [("leastPrivilege", "least-privilege"), ("knativeBindings", "knative-bindings")],
)
def test_a_value_adds_what_an_overlay_does(rendered, defaults, value, overlay):
    added = rendered({value: {"enabled": True}})

    assert without_revision(added) == {
        **without_revision(defaults),
        **labelled(manifests(INSTALL / "overlays" / overlay)),
    }


@pytest.mark.parametrize(
    ("values", "component"),
    [
        pytest.param({"optIn": {"enabled": True}}, "opt-in", id="opt-in"),
        pytest.param({"certManager": {"enabled": True}}, "cert-manager", id="cert-manager"),
        pytest.param({"extraSubjects": [WORKER]}, "extra-subjects", id="one more kind"),
    ],
)
def test_a_value_changes_what_a_component_does(rendered, kustomized, values, component):
    expected = labelled(by_name(kustomized(INSTALL / "components" / component)))
    del expected["Namespace", "vsphere-sources"]

    changed = without_revision(rendered(values, "--include-crds"))

    assert in_order(changed) == in_order(expected)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({"replicas": 3}, {HOOKS: {"/spec/replicas": (2, 3)}}, id="more hooks"),
        pytest.param(
            {"webhook": {"replicas": 3}}, {WEBHOOK: {"/spec/replicas": (2, 3)}}, id="more webhooks"
        ),
        pytest.param(
            {"imagePullSecrets": [{"name": "registry"}]},
            in_both("imagePullSecrets", [{"name": "registry"}]),
            id="pull secrets",
        ),
        pytest.param(
            {"nodeSelector": {"kubernetes.io/os": "linux"}},
            in_both("nodeSelector", {"kubernetes.io/os": "linux"}),
            id="node selector",
        ),
        pytest.param(
            {"tolerations": [{"key": "infra", "operator": "Exists"}]},
            in_both("tolerations", [{"key": "infra", "operator": "Exists"}]),
            id="tolerations",
        ),
        pytest.param(
            {"affinity": {"nodeAffinity": {}}},
            in_both("affinity", {"nodeAffinity": {}}),
            id="affinity",
        ),
        pytest.param(
            {"networkPolicy": {"enabled": False}},
            {("NetworkPolicy", name): None for _, name in (HOOKS, WEBHOOK)},
            id="no network policy",
        ),
        pytest.param(
            {"podDisruptionBudget": {"enabled": False}},
            {("PodDisruptionBudget", name): None for _, name in (HOOKS, WEBHOOK)},
            id="no disruption budget",
        ),
    ],
)
def test_a_value_changes_one_thing(rendered, defaults, values, expected):
    changed = rendered(values)

    assert {
        key: changes(item, changed[key]) if key in changed else None
        for key, item in defaults.items()
        if changed.get(key) != item
    } == expected


@pytest.mark.parametrize(
    ("values", "owner"),
    [
        pytest.param({"replicas": 1}, "vsphere-hooks", id="hooks"),
        pytest.param({"webhook": {"replicas": 1}}, "vsphere-webhook", id="webhook"),
    ],
)
def test_a_single_pod_has_no_budget_that_would_forbid_every_drain(
    rendered, defaults, values, owner
):
    changed = rendered(values)

    assert defaults.keys() - changed.keys() == {("PodDisruptionBudget", owner)}


@pytest.mark.parametrize(
    ("owner", "values"),
    [
        pytest.param(HOOKS, {"resources": {"limits": {"memory": "512Mi"}}}, id="hooks"),
        pytest.param(
            WEBHOOK, {"webhook": {"resources": {"limits": {"memory": "512Mi"}}}}, id="webhook"
        ),
    ],
)
def test_the_container_takes_image_pull_policy_and_resources(rendered, defaults, owner, values):
    image = {"repository": "registry.example.com/hooks", "tag": "1.2", "pullPolicy": "Always"}
    installed = rendered({"image": image} | values)

    [before], [after] = (pod(found, owner)["containers"] for found in (defaults, installed))

    assert {
        key: value for key, value in after.items() if value != before.get(key) and key != "env"
    } == {
        "image": "registry.example.com/hooks:1.2",
        "imagePullPolicy": "Always",
        "resources": {
            "requests": {"cpu": "50m", "memory": "96Mi"},
            "limits": {"memory": "512Mi"},
        },
    }


def test_the_hooks_are_told_of_adapter_image_and_cluster_domain(rendered):
    values = {
        "adapterImage": {"repository": "registry.example.com/adapter", "tag": "1.2"},
        "clusterDomain": "corp.example",
    }

    told = environment(rendered(values))

    assert told["ADAPTER_IMAGE"] == "registry.example.com/adapter:1.2"
    assert told["CLUSTER_DOMAIN"] == "corp.example"


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"image": {"tag": "0.1.1"}}, id="other hooks"),
        pytest.param({"adapterImage": {"repository": "other"}}, id="another adapter"),
        pytest.param({"clusterDomain": "corp.example"}, id="another cluster domain"),
        pytest.param({"optIn": {"enabled": True}}, id="opt-in"),
        pytest.param({"extraSubjects": [WORKER]}, id="one more kind"),
    ],
)
def test_what_decides_an_answer_changes_the_revision(rendered, defaults, values):
    revision, asked = revisions(rendered({"knativeBindings": {"enabled": True}} | values))

    assert revision != revisions(defaults)[0]
    assert asked == {revision}


def test_several_kinds_can_be_added(rendered):
    runner = {"group": "run.example.com", "version": "v1beta1", "resource": "runs", "kind": "Run"}

    installed = rendered({"extraSubjects": [WORKER, runner]})

    assert [environment(installed, owner)["EXTRA_SUBJECTS"] for owner in (HOOKS, WEBHOOK)] == [
        "example.com/Worker,run.example.com/Run"
    ] * 2
    assert [
        name for kind, name in installed if kind == "DecoratorController" and "example.com" in name
    ] == ["vspherebinding-workers.example.com", "vspherebinding-runs.run.example.com"]
    [webhook] = installed["MutatingWebhookConfiguration", "vsphere-sources"]["webhooks"]
    assert [rule["resources"] for rule in webhook["rules"][3:]] == [["workers"], ["runs"]]
    role = installed["ClusterRole", "vsphere-sources-extra-subjects"]
    assert [rule["resources"] for rule in role["rules"]] == [["workers"], ["runs"]]


def test_another_number_of_hooks_is_no_other_revision(rendered, defaults):
    assert revisions(rendered({"replicas": 3})) == revisions(defaults)


def test_everything_is_called_where_the_chart_is_installed(rendered):
    installed = rendered(EVERYTHING | {"certManager": {"enabled": False}}, namespace="events")

    [webhook] = installed["MutatingWebhookConfiguration", "vsphere-sources"]["webhooks"]
    names, *_ = webhook["namespaceSelector"]["matchExpressions"]
    told = environment(installed, WEBHOOK)
    assert {url.hostname for url in hook_urls(installed)} == {"vsphere-hooks.events"}
    assert webhook["clientConfig"]["service"]["namespace"] == "events"
    assert names["values"] == ["kube-system", "events"]
    assert told["WEBHOOK_HOST"] == "vsphere-webhook.events.svc"
    assert told["WEBHOOK_SECRET"] == "events/vsphere-webhook-certificate"


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["nothing set", "everything on"])
def test_nothing_is_left_of_the_namespace_of_the_manifests(rendered, values):
    installed = rendered(values, namespace="events")

    assert {item["metadata"].get("namespace", "events") for item in installed.values()} == {
        "events"
    }
    assert ".vsphere-sources" not in json.dumps(list(installed.values()))
    assert "vsphere-sources/vsphere" not in json.dumps(list(installed.values()))


def test_metacontroller_may_be_anywhere_under_any_name(rendered):
    place = {"namespace": "controllers", "serviceAccount": "meta"}

    installed = rendered({"metacontroller": place, "leastPrivilege": {"enabled": True}})

    [ingress] = installed[POLICY]["spec"]["ingress"]
    bindings = [
        item
        for (kind, name), item in installed.items()
        if kind == "ClusterRoleBinding" and name.startswith("vsphere-sources-")
    ]
    assert ingress["from"] == [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "controllers"}}}
    ]
    assert [item["subjects"] for item in bindings] == [
        [{"kind": "ServiceAccount", "name": "meta", "namespace": "controllers"}]
    ] * 3


@pytest.mark.parametrize(
    ("values", "field"),
    [
        pytest.param({"replica": 3}, "replica", id="a misspelt name"),
        pytest.param({"replicas": 0}, "replicas", id="no replicas"),
        pytest.param({"replicas": "two"}, "replicas", id="a number in words"),
        pytest.param({"image": {"repository": "Registry/x"}}, "image", id="upper-case image"),
        pytest.param({"image": {"tag": "a b"}}, "tag", id="a tag with a space"),
        pytest.param({"image": {"pullPolicy": "Sometimes"}}, "pullPolicy", id="a pull policy"),
        pytest.param({"networkPolicy": False}, "networkPolicy", id="a switch in short"),
        pytest.param({"clusterDomain": "cluster.local."}, "clusterDomain", id="a dot at the end"),
        pytest.param({"imagePullSecrets": ["registry"]}, "imagePullSecrets", id="a bare name"),
        pytest.param({"webhook": {"replicas": 0}}, "webhook", id="no webhook"),
        pytest.param({"optIn": True}, "optIn", id="another switch in short"),
        pytest.param(
            {"extraSubjects": ["example.com/Worker"]}, "extraSubjects", id="a kind in short"
        ),
        pytest.param(
            {"extraSubjects": [WORKER | {"group": ""}]}, "extraSubjects", id="the core group"
        ),
        pytest.param(
            {"extraSubjects": [WORKER | {"resource": "Worker"}]},
            "extraSubjects",
            id="a kind for a resource",
        ),
        pytest.param({"extraSubjects": [WORKER, WORKER]}, "extraSubjects", id="a kind twice"),
    ],
)
def test_a_wrong_value_is_refused_by_name(template, values, field):
    done = template(values)

    assert done.returncode != 0
    assert "don't meet the specifications of the schema" in done.stderr
    assert field in done.stderr


def test_every_value_has_a_default_that_the_schema_describes():
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())

    assert schema["properties"].keys() - {"global"} == values.keys()
