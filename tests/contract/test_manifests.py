"""The manifests of `metacontroller/` agree with the hooks, the CRDs and one another."""

import urllib.parse
from pathlib import Path

import pytest
import yaml

from hooks.wsgi import settings_from

ROOT = Path(__file__).parents[2]
INSTALL = ROOT / "metacontroller"
HOOKS = ["sync", "customize"]
PROBES = ["livenessProbe", "readinessProbe"]


def test_every_file_is_part_of_an_installation(shipped_files):
    overlay = "metacontroller/overlays/least-privilege"
    there = {*INSTALL.rglob("*.yaml"), *(ROOT / "crds").glob("*.yaml")}

    assert {*shipped_files("metacontroller"), *shipped_files(overlay)} == there


@pytest.mark.parametrize("name", ["ADAPTER_IMAGE", "HOOKS_REVISION", "CLUSTER_DOMAIN"])
def test_the_hooks_read_every_variable_of_their_deployment(environment, name):
    assert settings_from(environment | {name: "other"}) != settings_from(environment)


def test_the_deployment_sets_no_variable_but_those(environment):
    assert list(environment) == ["ADAPTER_IMAGE", "HOOKS_REVISION", "CLUSTER_DOMAIN"]


def test_images_are_those_that_the_kustomization_can_replace(container, environment):
    kustomization = yaml.safe_load((INSTALL / "kustomization.yaml").read_text())
    named = [f"{image['name']}:{image['newTag']}" for image in kustomization["images"]]

    assert named == [container["image"], environment["ADAPTER_IMAGE"]]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_url_leads_to_its_route(app, hook_urls, hook):
    path = hook_urls[hook].path

    rule, _ = app.url_map.bind("").match(path, method="POST", return_rule=True)

    assert rule.rule == f"/vspheresource/{hook}"


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_url_leads_to_the_service(the, hook_urls, hook):
    service = the("Service")
    url = hook_urls[hook]

    assert url.hostname == f"{service['metadata']['name']}.{service['metadata']['namespace']}"
    assert (url.port or 80) in [port["port"] for port in service["spec"]["ports"]]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_url_asks_for_the_revision_that_the_hooks_have(hook_urls, environment, hook):
    query = urllib.parse.parse_qs(hook_urls[hook].query)

    assert query == {"rev": [environment["HOOKS_REVISION"]]}


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_speaks_the_version_that_sees_other_namespaces(the, hook):
    assert the("CompositeController")["spec"]["hooks"][hook]["version"] == "v2"


@pytest.mark.parametrize("probe", PROBES)
def test_every_probe_leads_to_a_route_of_the_app(app, container, probe):
    assert app.test_client().get(container[probe]["httpGet"]["path"]).status_code == 200


def test_service_network_policy_and_probes_mean_the_port_of_the_container(the, container):
    [ingress] = the("NetworkPolicy")["spec"]["ingress"]
    meant = [
        *(port["targetPort"] for port in the("Service")["spec"]["ports"]),
        *(port["port"] for port in ingress["ports"]),
        *(container[probe]["httpGet"]["port"] for probe in PROBES),
    ]

    assert set(meant) == {port["name"] for port in container["ports"]}


def test_every_selector_selects_the_pods_of_the_hooks(the, pod):
    [spread] = pod["spec"]["topologySpreadConstraints"]
    selectors = [
        the("Deployment")["spec"]["selector"]["matchLabels"],
        the("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        the("NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
        the("Service")["spec"]["selector"],
        spread["labelSelector"]["matchLabels"],
    ]

    assert selectors == [pod["metadata"]["labels"]] * len(selectors)


def test_only_metacontroller_reaches_the_hooks_and_they_reach_only_an_api_server(the):
    policy = the("NetworkPolicy")["spec"]
    metacontroller = {"matchLabels": {"kubernetes.io/metadata.name": "metacontroller"}}

    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["egress"] == [
        {"ports": [{"protocol": "TCP", "port": 443}, {"protocol": "TCP", "port": 6443}]}
    ]
    assert [rule["from"] for rule in policy["ingress"]] == [[{"namespaceSelector": metacontroller}]]


def test_the_parent_is_a_kind_whose_status_is_written_apart(the, all_of):
    parent = the("CompositeController")["spec"]["parentResource"]
    [crd] = [
        crd["spec"]
        for crd in all_of("CustomResourceDefinition")
        if crd["spec"]["names"]["plural"] == parent["resource"]
    ]
    [version] = crd["versions"]

    assert parent["apiVersion"] == f"{crd['group']}/{version['name']}"
    assert version["subresources"] == {"status": {}}


def test_reports_of_the_adapter_reach_the_hook(the):
    parent = the("CompositeController")["spec"]["parentResource"]

    assert parent["ignoreStatusChanges"] is False


def test_metacontroller_watches_and_mends_the_kinds_that_the_hook_answers(the, children):
    answered = {(item["apiVersion"], f"{item['kind'].lower()}s") for item in children}
    declared = the("CompositeController")["spec"]["childResources"]

    assert {(item["apiVersion"], item["resource"]) for item in declared} == answered
    assert {item["updateStrategy"]["method"] for item in declared} == {"InPlace"}


@pytest.mark.parametrize("owner", ["hooks", "adapter"])
def test_pods_keep_to_the_restricted_pod_security_standard(pod, child, owner):
    template = pod if owner == "hooks" else child("Deployment")["spec"]["template"]
    spec = template["spec"]
    [container] = spec["containers"]

    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & spec.keys()
    assert all({"emptyDir", "secret"} & volume.keys() for volume in spec["volumes"])
    assert not [port for port in container["ports"] if "hostPort" in port]


@pytest.mark.parametrize("owner", ["hooks", "adapter"])
def test_pods_say_what_they_need(container, child, owner):
    [adapter] = child("Deployment")["spec"]["template"]["spec"]["containers"]
    resources = (container if owner == "hooks" else adapter)["resources"]

    assert resources["requests"].keys() == {"cpu", "memory"}
    assert "memory" in resources["limits"]


def test_the_namespace_admits_no_other_pods(the):
    labels = the("Namespace")["metadata"]["labels"]

    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_hooks_may_do_no_more_than_every_service_account(the, all_of, pod):
    account = the("ServiceAccount")
    bound = [
        subject["name"]
        for kind in ("RoleBinding", "ClusterRoleBinding")
        for binding in all_of(kind)
        for subject in binding["subjects"]
    ]

    assert pod["spec"]["serviceAccountName"] == account["metadata"]["name"]
    assert account["automountServiceAccountToken"] is True
    assert account["metadata"]["name"] not in bound


def test_a_rollout_takes_no_hook_away_before_a_new_one_is_ready(the, container):
    strategy = the("Deployment")["spec"]["strategy"]

    assert strategy == {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    assert container["lifecycle"]["preStop"] == {"exec": {"command": ["sleep", "10"]}}
