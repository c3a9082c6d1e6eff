"""The chart installs what `metacontroller/` does, and each value changes what it says."""

import json
import urllib.parse
from pathlib import Path

import pytest
import yaml

from release import kustomization

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "vsphere-sources"
INSTALL = ROOT / "metacontroller"
OVERLAY = INSTALL / "overlays" / "least-privilege"
CHART_LABELS = {
    "app.kubernetes.io/instance": "events",
    "app.kubernetes.io/managed-by": "Helm",
    "app.kubernetes.io/version": "0.1.0",
    "helm.sh/chart": "vsphere-sources-0.1.0",
}
HOOKS = ("Deployment", "vsphere-hooks")
POLICY = ("NetworkPolicy", "vsphere-hooks")
BUDGET = ("PodDisruptionBudget", "vsphere-hooks")
CONTROLLER = ("CompositeController", "vspheresource")


def manifests(folder):
    """The objects of `kubectl apply -k FOLDER`, by kind and name."""
    objects = kustomization.objects(folder)
    return {(item["kind"], item["metadata"]["name"]): item for item in objects}


def pod(objects):
    return objects[HOOKS]["spec"]["template"]["spec"]


def environment(objects):
    [container] = pod(objects)["containers"]
    return {variable["name"]: variable["value"] for variable in container["env"]}


def revisions(objects):
    """The revision that the hooks have, and those that Metacontroller asks for."""
    hooks = objects[CONTROLLER]["spec"]["hooks"].values()
    queries = [urllib.parse.urlsplit(hook["webhook"]["url"]).query for hook in hooks]
    return [environment(objects)["HOOKS_REVISION"], *(query.partition("=")[2] for query in queries)]


def changes(before, after):
    """The paths at which two objects differ."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return {"": (before, after)} if before != after else {}
    return {
        f"/{key}{path}": change
        for key in before.keys() | after.keys()
        for path, change in changes(before.get(key), after.get(key)).items()
    }


def without_revision(objects):
    text = json.dumps(list(objects.values())).replace(revisions(objects)[0], "0.1.0")
    return {(item["kind"], item["metadata"]["name"]): item for item in json.loads(text)}


def test_helm_finds_nothing_to_complain_about(helm):
    done = helm("lint", str(CHART), "--strict")

    assert done.returncode == 0, done.stdout


def test_the_defaults_install_what_the_manifests_do_but_for_the_namespace(rendered):
    expected = manifests(INSTALL)
    del expected["Namespace", "vsphere-sources"]
    for (kind, _), item in expected.items():
        if kind != "CustomResourceDefinition":
            item["metadata"]["labels"] |= CHART_LABELS

    assert without_revision(rendered({}, "--include-crds")) == expected


def test_the_least_privilege_role_is_that_of_the_overlay(rendered, defaults):
    added = rendered({"leastPrivilege": {"enabled": True}})

    expected = manifests(OVERLAY)
    for item in expected.values():
        item["metadata"]["labels"] |= CHART_LABELS
    assert {key: item for key, item in added.items() if key not in defaults} == expected
    assert {key: item for key, item in added.items() if key in defaults} == defaults


@pytest.mark.parametrize(
    ("values", "key", "expected"),
    [
        pytest.param({"replicas": 3}, HOOKS, {"/spec/replicas": (2, 3)}, id="more replicas"),
        pytest.param(
            {"imagePullSecrets": [{"name": "registry"}]},
            HOOKS,
            {"/spec/template/spec/imagePullSecrets": (None, [{"name": "registry"}])},
            id="pull secrets",
        ),
        pytest.param(
            {"nodeSelector": {"kubernetes.io/os": "linux"}},
            HOOKS,
            {"/spec/template/spec/nodeSelector": (None, {"kubernetes.io/os": "linux"})},
            id="node selector",
        ),
        pytest.param(
            {"tolerations": [{"key": "infra", "operator": "Exists"}]},
            HOOKS,
            {"/spec/template/spec/tolerations": (None, [{"key": "infra", "operator": "Exists"}])},
            id="tolerations",
        ),
        pytest.param(
            {"affinity": {"nodeAffinity": {}}},
            HOOKS,
            {"/spec/template/spec/affinity": (None, {"nodeAffinity": {}})},
            id="affinity",
        ),
        pytest.param({"networkPolicy": {"enabled": False}}, POLICY, None, id="no network policy"),
        pytest.param(
            {"podDisruptionBudget": {"enabled": False}}, BUDGET, None, id="no disruption budget"
        ),
    ],
)
def test_a_value_changes_one_thing(rendered, defaults, values, key, expected):
    changed = rendered(values)

    assert {
        key: changes(item, changed[key]) if key in changed else None
        for key, item in defaults.items()
        if changed.get(key) != item
    } == {key: expected}


def test_a_single_hook_has_no_budget_that_would_forbid_every_drain(rendered):
    assert BUDGET not in rendered({"replicas": 1})


def test_the_container_takes_image_pull_policy_and_resources(rendered, defaults):
    values = {
        "image": {"repository": "registry.example.com/hooks", "tag": "1.2", "pullPolicy": "Always"},
        "resources": {"limits": {"memory": "512Mi"}},
    }

    [before], [after] = pod(defaults)["containers"], pod(rendered(values))["containers"]

    assert {key: value for key, value in after.items() if value != before.get(key)} == {
        "image": "registry.example.com/hooks:1.2",
        "imagePullPolicy": "Always",
        "resources": {
            "requests": {"cpu": "50m", "memory": "96Mi"},
            "limits": {"memory": "512Mi"},
        },
        "env": after["env"],
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
    ],
)
def test_what_decides_an_answer_changes_the_revision(rendered, defaults, values):
    [revision, *asked] = revisions(rendered(values))

    assert revision != revisions(defaults)[0]
    assert asked == [revision, revision]


def test_another_number_of_hooks_is_no_other_revision(rendered, defaults):
    assert revisions(rendered({"replicas": 3})) == revisions(defaults)


def test_the_hooks_are_called_where_the_chart_is_installed(rendered):
    installed = rendered(namespace="events")
    urls = [
        urllib.parse.urlsplit(hook["webhook"]["url"]).hostname
        for hook in installed[CONTROLLER]["spec"]["hooks"].values()
    ]

    assert urls == ["vsphere-hooks.events"] * 2
    assert {item["metadata"].get("namespace", "events") for item in installed.values()} == {
        "events"
    }


def test_metacontroller_may_be_anywhere_under_any_name(rendered):
    place = {"namespace": "controllers", "serviceAccount": "meta"}

    installed = rendered({"metacontroller": place, "leastPrivilege": {"enabled": True}})

    [ingress] = installed[POLICY]["spec"]["ingress"]
    bindings = [item for (kind, _), item in installed.items() if kind == "ClusterRoleBinding"]
    assert ingress["from"] == [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "controllers"}}}
    ]
    assert [item["subjects"] for item in bindings] == [
        [{"kind": "ServiceAccount", "name": "meta", "namespace": "controllers"}]
    ] * 2


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
