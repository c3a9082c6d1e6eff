"""Who may do what: people, Knative, and a Metacontroller that is no cluster-admin."""

import pytest

OVERLAY = "metacontroller/overlays/least-privilege"
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


@pytest.fixture(scope="module")
def controller(the):
    return the("CompositeController")["spec"]


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


def test_metacontroller_may_manage_the_children_of_its_controller(held, controller):
    needed = {
        (item["apiVersion"].rpartition("/")[0], item["resource"], verb)
        for item in controller["childResources"]
        for verb in (*READ, "create", "update", "delete")
    }

    assert held >= needed


def test_metacontroller_may_watch_parents_and_write_their_status_alone(held, controller):
    parent = controller["parentResource"]["resource"]

    assert held >= {(GROUP, parent, verb) for verb in READ} | {
        (GROUP, f"{parent}/status", "update")
    }
    assert not held & {(GROUP, parent, verb) for verb in WRITE}


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
