"""Who may do what: people, Knative, our pods, and a Metacontroller that is no cluster-admin."""

import pytest

from hooks.subjects import KINDS

BASE = "metacontroller"
OVERLAY = "metacontroller/overlays/least-privilege"
KNATIVE = "metacontroller/overlays/knative-bindings"
EXTRA = "metacontroller/components/extra-subjects"
GROUP = "sources.tanzu.vmware.com"
READ = {"get", "list", "watch"}
WRITE = {"create", "delete", "deletecollection", "patch", "update"}


def rights(role):
    """The rules of a role, one by one: API group, resource, verb."""
    return {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


@pytest.fixture(scope="module")
def held(the):
    """What Metacontroller may do that has only what the overlay gives it."""
    return rights(the("ClusterRole", "vsphere-sources-metacontroller", OVERLAY))


def the_role_of_subjects(all_of, folder):
    """The one that the overlay collects from *folder*."""
    [role] = all_of("ClusterRole", folder)
    [collecting] = [
        item
        for item in all_of("ClusterRole", OVERLAY)
        if item["metadata"]["name"] == "vsphere-sources-subjects"
    ]
    [selector] = collecting["aggregationRule"]["clusterRoleSelectors"]
    assert role["metadata"]["labels"] == selector["matchLabels"]
    return role


@pytest.mark.parametrize(
    ("name", "to", "verbs"),
    [
        pytest.param("vsphere-sources-edit", {"admin", "edit"}, WRITE, id="writing"),
        pytest.param("vsphere-sources-view", {"admin", "edit", "view"}, READ, id="reading"),
    ],
)
def test_people_get_every_kind_with_the_roles_they_have(the, all_of, name, to, verbs):
    role = the("ClusterRole", name)
    plurals = {crd["spec"]["names"]["plural"] for crd in all_of("CustomResourceDefinition")}

    assert role["metadata"]["labels"] == {
        f"rbac.authorization.k8s.io/aggregate-to-{group}": "true" for group in to
    }
    assert rights(role) >= {(GROUP, plural, verb) for plural in plurals for verb in verbs}


def test_only_metacontroller_and_adapters_write_a_status(all_of):
    granted = {right for role in all_of("ClusterRole") for right in rights(role)}

    assert {verb for _, resource, verb in granted if resource.endswith("/status")} == {"get"}


def test_knative_may_observe_sources(the):
    role = the("ClusterRole", "vsphere-sources-source-observer")

    assert role["metadata"]["labels"] == {"duck.knative.dev/source": "true"}
    assert rights(role) == {(GROUP, "vspheresources", verb) for verb in READ}


def test_metacontroller_holds_what_it_grants_to_adapters(held, child):
    assert held >= rights(child("Role"))


def test_metacontroller_may_manage_the_children_of_its_controller(held, controllers):
    needed = {
        (item["apiVersion"].rpartition("/")[0], item["resource"], verb)
        for item in controllers["vspheresource"]["childResources"]
        for verb in (*READ, "create", "update", "delete")
    }

    assert held >= needed


@pytest.mark.parametrize("parent", ["vspheresources", "vspherebindings"])
def test_metacontroller_may_watch_parents_and_write_their_status_alone(held, parent):
    assert held >= {(GROUP, parent, verb) for verb in READ} | {
        (GROUP, f"{parent}/status", "update")
    }
    assert not held & {(GROUP, parent, verb) for verb in WRITE}


@pytest.mark.parametrize("folder", [BASE, KNATIVE, EXTRA])
def test_metacontroller_may_annotate_workloads_and_no_more(all_of, held, folder):
    """What a folder has a controller for, it has the rights for too."""
    given = held if folder == BASE else rights(the_role_of_subjects(all_of, folder))
    decorated = {
        (item["apiVersion"].partition("/")[0], item["resource"])
        for controller in all_of("DecoratorController", folder)
        for item in controller["spec"]["resources"]
    }
    needed = {(*kind, verb) for kind in decorated for verb in (*READ, "update")}
    children = {("apps", "deployments", verb) for verb in ("create", "delete")}

    assert {right for right in given if right[:2] in decorated} - children == needed


def test_metacontroller_may_read_every_kind_whose_bindings_have_a_status(held):
    kinds = {(group, f"{kind.lower()}s") for group, kind in KINDS}

    assert held >= {(*kind, verb) for kind in kinds for verb in READ}
    assert {verb for *kind, verb in held if kind == ["batch", "jobs"]} == READ


def test_metacontroller_reads_no_secret_and_no_list_of_config_maps(held):
    assert not {right for right in held if right[1] in {"secrets", "*"} or right[2] == "*"}
    assert not held & {("", "configmaps", "list"), ("", "configmaps", "watch")}


def test_every_role_of_the_overlay_is_bound_to_metacontroller(all_of):
    roles = [role["metadata"]["name"] for role in all_of("ClusterRole", OVERLAY)]
    account = {"kind": "ServiceAccount", "name": "metacontroller", "namespace": "metacontroller"}

    bound = [
        (binding["roleRef"]["name"], binding["subjects"])
        for binding in all_of("ClusterRoleBinding", OVERLAY)
    ]

    assert bound == [(name, [account]) for name in roles]


def test_no_account_of_ours_is_bound_but_the_webhook(all_of):
    bound = {
        (binding["kind"], binding["roleRef"]["kind"], binding["roleRef"]["name"]): [
            (subject["kind"], subject["namespace"], subject["name"])
            for subject in binding["subjects"]
        ]
        for kind in ("RoleBinding", "ClusterRoleBinding")
        for binding in all_of(kind)
    }
    webhook = [("ServiceAccount", "vsphere-sources", "vsphere-webhook")]

    assert bound == {
        ("RoleBinding", "Role", "vsphere-webhook-certificate"): webhook,
        ("ClusterRoleBinding", "ClusterRole", "vsphere-webhook"): webhook,
        ("ClusterRoleBinding", "ClusterRole", "vsphere-webhook-certificate"): webhook,
    }


def test_the_webhook_lists_bindings_and_keeps_its_certificate(the):
    certificate = "vsphere-webhook-certificate"

    assert [
        role["rules"]
        for role in (
            the("ClusterRole", "vsphere-webhook"),
            the("Role", certificate),
            the("ClusterRole", certificate),
        )
    ] == [
        [{"apiGroups": [GROUP], "resources": ["vspherebindings"], "verbs": ["list"]}],
        [
            {
                "apiGroups": [""],
                "resources": ["secrets"],
                "resourceNames": [the("Secret")["metadata"]["name"]],
                "verbs": ["get", "update"],
            }
        ],
        [
            {
                "apiGroups": ["admissionregistration.k8s.io"],
                "resources": ["mutatingwebhookconfigurations"],
                "resourceNames": [the("MutatingWebhookConfiguration")["metadata"]["name"]],
                "verbs": ["get", "patch"],
            }
        ],
    ]
    assert (
        the("Role", certificate)["metadata"]["namespace"] == the("Secret")["metadata"]["namespace"]
    )
