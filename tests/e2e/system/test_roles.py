"""What was installed gives people and Knative the rights that it should."""

import pytest

GROUP = "sources.tanzu.vmware.com"
RBAC = "rbac.authorization.k8s.io"
NAMESPACE = "roles"
READ = {"get", "list", "watch"}
WRITE = {"create", "update", "patch", "delete", "deletecollection"}


@pytest.fixture(scope="module")
def people(cluster, installed):  # noqa: ARG001  the roles are part of what is installed
    """A user for each of the roles that people have, in one namespace."""
    cluster.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        *(
            {
                "apiVersion": f"{RBAC}/v1",
                "kind": "RoleBinding",
                "metadata": {"name": role, "namespace": NAMESPACE},
                "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
                "subjects": [{"apiGroup": RBAC, "kind": "User", "name": f"the-{role}"}],
            }
            for role in ("admin", "edit", "view")
        ),
    )
    yield
    cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


@pytest.fixture(scope="module")
def allowed(cluster, people):  # noqa: ARG001  who are asked for
    """What a user may do with a kind in the namespace."""

    def may(user, verb, resource):
        resource, _, subresource = resource.partition("/")
        asked = {
            "namespace": NAMESPACE,
            "group": GROUP,
            "resource": resource,
            "subresource": subresource,
            "verb": verb,
        }
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        review = {"spec": {"user": user, "resourceAttributes": asked}}
        return cluster.api.call("POST", path, review)["status"]["allowed"]

    return lambda user, resource: {verb for verb in READ | WRITE if may(user, verb, resource)}


@pytest.mark.parametrize("plural", ["vspheresources", "vspherebindings"])
@pytest.mark.parametrize(
    ("user", "verbs"),
    [
        pytest.param("the-admin", READ | WRITE, id="admin"),
        pytest.param("the-edit", READ | WRITE, id="edit"),
        pytest.param("the-view", READ, id="view"),
        pytest.param("somebody", set(), id="nobody in particular"),
    ],
)
def test_the_roles_of_people_hold_both_kinds(cluster, allowed, user, plural, verbs):
    # A controller collects the parts of a role, after they were installed.
    cluster.eventually(lambda: allowed(user, plural) == verbs)
    assert allowed(user, f"{plural}/status") <= {"get"}


def test_knative_finds_the_kind_by_its_labels(cluster, installed):  # noqa: ARG001  after it
    found = cluster.kubectl("get", "crd", "-l", "duck.knative.dev/source=true", "-o", "name")

    assert found.split() == [
        f"customresourcedefinition.apiextensions.k8s.io/vspheresources.{GROUP}"
    ]


@pytest.fixture
def source_observer(cluster, installed):  # noqa: ARG001  whose parts it collects
    """The role that Knative Eventing collects for what looks at sources of any make."""
    name = "knative-eventing-sources"
    selector = {"matchLabels": {"duck.knative.dev/source": "true"}}
    cluster.apply(
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "ClusterRole",
            "metadata": {"name": name},
            "aggregationRule": {"clusterRoleSelectors": [selector]},
            "rules": [],
        }
    )
    yield f"/apis/{RBAC}/v1/clusterroles/{name}"
    cluster.kubectl("delete", "clusterrole", name)


def test_knative_may_observe_sources(cluster, source_observer):
    rules = cluster.eventually(lambda: cluster.get(source_observer).get("rules"))

    [rule] = rules
    assert (rule["apiGroups"], rule["resources"], set(rule["verbs"])) == (
        [GROUP],
        ["vspheresources"],
        READ,
    )
