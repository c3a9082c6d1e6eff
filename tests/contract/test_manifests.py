"""The manifests of `metacontroller/` agree with the hooks, the CRDs and one another."""

import urllib.parse
from pathlib import Path

import pytest
import yaml

from hooks.environment import scope_from, settings_from
from hooks.subjects import JOB, KINDS

ROOT = Path(__file__).parents[2]
INSTALL = ROOT / "metacontroller"
HOOKS = ["sync", "customize"]
PROBES = ["livenessProbe", "readinessProbe"]
OURS = ["vsphere-hooks", "vsphere-webhook"]
CONTROLLERS = {
    "vspheresource": "/vspheresource",
    "vspherebinding": "/vspherebinding",
    "vspherebinding-deployments": "/workload",
    "vspherebinding-statefulsets": "/workload",
    "vspherebinding-daemonsets": "/workload",
    "vspherebinding-knative-services": "/workload",
    "vspherebinding-knative-configurations": "/workload",
    "vspherebinding-workers.example.com": "/workload",
}
"""Where each is to ask."""
WORKLOADS = [name for name, path in CONTROLLERS.items() if path == "/workload"]


def test_every_file_is_part_of_an_installation(shipped_files):
    folders = [file.parent.relative_to(ROOT) for file in INSTALL.rglob("kustomization.yaml")]
    there = {*INSTALL.rglob("*.yaml"), *(ROOT / "crds").glob("*.yaml")}

    assert {file for folder in folders for file in shipped_files(folder)} == there


@pytest.mark.parametrize("name", ["ADAPTER_IMAGE", "HOOKS_REVISION", "CLUSTER_DOMAIN"])
def test_the_hooks_read_every_variable_about_sources(environment, name):
    given = environment("vsphere-hooks")

    assert settings_from(given | {name: "other"}) != settings_from(given)


@pytest.mark.parametrize("owner", OURS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NAMESPACE", "elsewhere"),
        ("EXTRA_SUBJECTS", "example.com/Worker"),
        ("BIND_OPT_IN", "true"),
    ],
)
def test_hooks_and_webhook_read_every_variable_about_bindings(environment, owner, name, value):
    given = environment(owner)

    assert scope_from(given | {name: value}) != scope_from(given)


def test_the_deployments_set_no_variable_but_those_and_where_the_certificate_is(environment):
    assert list(environment("vsphere-hooks")) == [
        *("ADAPTER_IMAGE", "HOOKS_REVISION", "CLUSTER_DOMAIN"),
        *("NAMESPACE", "EXTRA_SUBJECTS", "BIND_OPT_IN"),
    ]
    assert list(environment("vsphere-webhook")) == [
        *("WEBHOOK_HOST", "WEBHOOK_SECRET", "WEBHOOK_CONFIGURATION"),
        *("NAMESPACE", "EXTRA_SUBJECTS", "BIND_OPT_IN"),
    ]


def test_images_are_those_that_the_kustomization_can_replace(container, environment):
    kustomization = yaml.safe_load((INSTALL / "kustomization.yaml").read_text())
    hooks, adapter = (f"{image['name']}:{image['newTag']}" for image in kustomization["images"])

    assert [container(owner)["image"] for owner in OURS] == [hooks, hooks]
    assert environment("vsphere-hooks")["ADAPTER_IMAGE"] == adapter


def test_there_are_no_controllers_but_those(controllers):
    assert controllers.keys() == CONTROLLERS.keys()


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("controller", CONTROLLERS)
def test_every_hook_url_leads_to_its_route(apps, hook_urls, controller, hook):
    path = hook_urls[controller][hook].path
    routes = apps["vsphere-hooks"].url_map.bind("")

    rule, _ = routes.match(path, method="POST", return_rule=True)

    assert rule.rule == f"{CONTROLLERS[controller]}/{hook}"


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("controller", CONTROLLERS)
def test_every_hook_url_leads_to_the_service_of_the_revision_that_the_hooks_have(
    the, hook_urls, environment, controller, hook
):
    url = hook_urls[controller][hook]
    service = the("Service", "vsphere-hooks")

    assert url.hostname == f"{service['metadata']['name']}.{service['metadata']['namespace']}"
    assert (url.port or 80) in [port["port"] for port in service["spec"]["ports"]]
    assert urllib.parse.parse_qs(url.query) == {
        "rev": [environment("vsphere-hooks")["HOOKS_REVISION"]]
    }


@pytest.mark.parametrize("controller", CONTROLLERS)
def test_every_hook_speaks_the_version_that_sees_other_namespaces(controllers, controller):
    hooks = controllers[controller]["hooks"]

    assert {hook: called["version"] for hook, called in hooks.items()} == dict.fromkeys(HOOKS, "v2")


@pytest.mark.parametrize("owner", OURS)
@pytest.mark.parametrize("probe", PROBES)
def test_every_probe_leads_to_a_route_of_the_app(apps, container, owner, probe):
    asked = container(owner)[probe]["httpGet"]

    assert asked.get("scheme", "HTTP").lower() == asked["port"]
    assert apps[owner].test_client().get(asked["path"]).status_code == 200


@pytest.mark.parametrize("owner", OURS)
def test_service_network_policy_and_probes_mean_the_port_of_the_container(the, container, owner):
    [ingress] = the("NetworkPolicy", owner)["spec"]["ingress"]
    meant = [
        *(port["targetPort"] for port in the("Service", owner)["spec"]["ports"]),
        *(port["port"] for port in ingress["ports"]),
        *(container(owner)[probe]["httpGet"]["port"] for probe in PROBES),
    ]

    assert set(meant) == {port["name"] for port in container(owner)["ports"]}


@pytest.mark.parametrize("owner", OURS)
def test_every_selector_selects_the_pods_of_its_name(the, pod, owner):
    [spread] = pod(owner)["spec"]["topologySpreadConstraints"]
    selectors = [
        the("Deployment", owner)["spec"]["selector"]["matchLabels"],
        the("PodDisruptionBudget", owner)["spec"]["selector"]["matchLabels"],
        the("NetworkPolicy", owner)["spec"]["podSelector"]["matchLabels"],
        the("Service", owner)["spec"]["selector"],
        spread["labelSelector"]["matchLabels"],
    ]

    assert selectors == [pod(owner)["metadata"]["labels"]] * len(selectors)
    assert selectors[0] == {"app.kubernetes.io/name": owner}


@pytest.mark.parametrize(
    ("owner", "callers"),
    [
        pytest.param(
            "vsphere-hooks",
            [
                {
                    "namespaceSelector": {
                        "matchLabels": {"kubernetes.io/metadata.name": "metacontroller"}
                    }
                }
            ],
            id="only Metacontroller reaches the hooks",
        ),
        pytest.param("vsphere-webhook", None, id="API servers reach the webhook"),
    ],
)
def test_pods_reach_only_an_api_server(the, owner, callers):
    policy = the("NetworkPolicy", owner)["spec"]

    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["egress"] == [
        {"ports": [{"protocol": "TCP", "port": 443}, {"protocol": "TCP", "port": 6443}]}
    ]
    assert [rule.get("from") for rule in policy["ingress"]] == [callers]


@pytest.mark.parametrize("kind", ["VSphereSource", "VSphereBinding"])
def test_every_parent_is_a_kind_whose_status_is_written_apart(controllers, all_of, kind):
    [crd] = [
        crd["spec"]
        for crd in all_of("CustomResourceDefinition")
        if crd["spec"]["names"]["kind"] == kind
    ]
    [version] = crd["versions"]
    parent = controllers[kind.lower()]["parentResource"]

    assert parent["apiVersion"] == f"{crd['group']}/{version['name']}"
    assert parent["resource"] == crd["names"]["plural"]
    assert version["subresources"] == {"status": {}}


def test_reports_of_the_adapter_reach_the_hook_and_no_other_status(controllers):
    watched = {
        name: controller.get("parentResource") or controller["resources"][0]
        for name, controller in controllers.items()
    }

    ignored = {name: item["ignoreStatusChanges"] for name, item in watched.items()}

    assert ignored == dict.fromkeys(CONTROLLERS, True) | {"vspheresource": False}


def test_metacontroller_watches_and_mends_the_kinds_that_the_hook_answers(controllers, children):
    answered = {(item["apiVersion"], f"{item['kind'].lower()}s") for item in children}
    declared = controllers["vspheresource"]["childResources"]

    assert {(item["apiVersion"], item["resource"]) for item in declared} == answered
    assert {item["updateStrategy"]["method"] for item in declared} == {"InPlace"}


def test_bindings_own_nothing_and_hold_nothing_up(controllers):
    """No finalizer either: who removes Metacontroller can still delete workloads and bindings."""
    for name in ("vspherebinding", *WORKLOADS):
        assert not controllers[name].keys() & {"childResources", "attachments"}
        assert "finalize" not in controllers[name]["hooks"]


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_controller_of_workloads_is_for_one_kind(controllers, name):
    """One that names a kind which is not served does not start."""
    [resource] = controllers[name]["resources"]
    group = resource["apiVersion"].partition("/")[0]

    assert name in {
        f"vspherebinding-{resource['resource']}",
        f"vspherebinding-{resource['resource']}.{group}",
        f"vspherebinding-knative-{resource['resource']}",
    }


def test_every_kind_that_can_be_bound_has_a_controller_but_jobs(controllers, environment):
    extra = scope_from({"EXTRA_SUBJECTS": "example.com/Worker"}).kinds
    watched = {
        (item["apiVersion"].partition("/")[0], item["resource"])
        for name in WORKLOADS
        for item in controllers[name]["resources"]
    }

    assert scope_from(environment("vsphere-hooks")).kinds == KINDS
    assert watched == {(group, f"{kind.lower()}s") for group, kind in extra - {JOB}}


@pytest.mark.parametrize("owner", [*OURS, "adapter"])
def test_pods_keep_to_the_restricted_pod_security_standard(pod, child, owner):
    template = pod(owner) if owner in OURS else child("Deployment")["spec"]["template"]
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


@pytest.mark.parametrize("owner", [*OURS, "adapter"])
def test_pods_say_what_they_need(container, child, owner):
    [adapter] = child("Deployment")["spec"]["template"]["spec"]["containers"]
    resources = (container(owner) if owner in OURS else adapter)["resources"]

    assert resources["requests"].keys() == {"cpu", "memory"}
    assert "memory" in resources["limits"]


def test_the_namespace_admits_no_other_pods(the):
    labels = the("Namespace")["metadata"]["labels"]

    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("owner", OURS)
def test_pods_run_as_an_account_of_their_own(the, pod, owner):
    assert pod(owner)["spec"]["serviceAccountName"] == owner
    assert the("ServiceAccount", owner)["automountServiceAccountToken"] is True


@pytest.mark.parametrize("owner", OURS)
def test_a_rollout_takes_no_pod_away_before_a_new_one_is_ready(the, container, owner):
    spec = the("Deployment", owner)["spec"]

    assert spec["replicas"] == 2
    assert spec["strategy"] == {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    assert container(owner)["lifecycle"]["preStop"] == {"exec": {"command": ["sleep", "10"]}}
