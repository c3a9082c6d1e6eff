"""What each part may do, and what it may not, asked of the API server with its own token."""

import json

import pytest

from standalone.kubelet import ApiError
from standalone.server import Response, Server

GROUP = "/apis/sources.tanzu.vmware.com/v1alpha1"
BINDINGS = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"


def answer(api, method, path):
    """The status code that the owner of a token gets."""
    try:
        api.call(method, path, {} if method in {"POST", "PATCH"} else None)
    except ApiError as error:
        return error.status
    return 200


@pytest.fixture(scope="module")
def streaming(make_lab):
    lab = make_lab()
    lab.apply(lab.source(), lab.source("other"))
    lab.until_streaming("other")
    return lab.until_streaming()


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        pytest.param("GET", "{core}/configmaps/vcenter-configmap", 200, id="its checkpoint"),
        pytest.param("DELETE", "{core}/configmaps/vcenter-configmap", 403, id="deleting that"),
        pytest.param("GET", "{core}/configmaps/other-configmap", 403, id="another's checkpoint"),
        pytest.param("GET", "{core}/configmaps", 403, id="a list of ConfigMaps"),
        pytest.param("GET", "{core}/secrets/credentials", 403, id="the Secret it has mounted"),
        pytest.param("GET", "{core}/secrets", 403, id="a list of Secrets"),
        pytest.param("GET", "{core}/pods", 403, id="pods"),
        pytest.param("GET", "{own}/vspheresources/vcenter", 200, id="its source"),
        pytest.param("PATCH", "{own}/vspheresources/vcenter", 403, id="changing that"),
        pytest.param("GET", "{own}/vspheresources/other", 403, id="another source"),
        pytest.param("PATCH", "{own}/vspheresources/other/status", 403, id="another's status"),
        pytest.param("GET", "{own}/vspheresources", 403, id="a list of sources"),
    ],
)
def test_an_adapter_has_its_checkpoint_and_its_source(streaming, method, path, code):
    adapter = streaming.cluster.as_service_account(streaming.namespace, "vcenter-adapter")
    place = f"namespaces/{streaming.namespace}"

    asked = path.format(core=f"/api/v1/{place}", own=f"{GROUP}/{place}")

    assert answer(adapter, method, asked) == code


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/api/v1/secrets", id="Secrets"),
        pytest.param("/api/v1/configmaps", id="ConfigMaps"),
        pytest.param("/api/v1/pods", id="pods"),
        pytest.param(f"{GROUP}/vspheresources", id="sources"),
    ],
)
def test_the_hooks_read_no_object(installed, path):
    assert answer(installed.hooks, "GET", path) == 403


def test_the_hooks_may_ask_what_kinds_there_are(installed):
    assert answer(installed.hooks, "GET", "/apis") == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "/api/v1/secrets", id="reading Secrets"),
        pytest.param("GET", "/api/v1/configmaps", id="listing ConfigMaps"),
        pytest.param("GET", "/api/v1/pods", id="reading pods"),
        pytest.param("POST", BINDINGS, id="granting rights in the cluster"),
        pytest.param(
            "DELETE", f"{GROUP}/namespaces/default/vspheresources/any", id="deleting sources"
        ),
    ],
)
def test_metacontroller_may_not(installed, method, path):
    assert answer(installed.metacontroller, method, path) == 403


@pytest.fixture
def rogue(lab):
    """Hooks that answer a right to everything for everybody."""
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "everything-for-everybody"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "cluster-admin",
        },
        "subjects": [
            {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "Group",
                "name": "system:authenticated",
            }
        ],
    }

    def respond(request):
        status = json.loads(request.body)["parent"].get("status", {})
        answered = {"status": status, "children": [binding]}
        return Response(status=200, body=json.dumps(answered).encode())

    server = Server(respond, port=0, tls=None)
    hook = {"version": "v2", "webhook": {"url": f"http://127.0.0.1:{server.port}/sync"}}
    parent = {
        "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
        "resource": "vspheresources",
        "labelSelector": {"matchLabels": {"hooks": "rogue"}},
    }
    lab.apply(
        {
            "apiVersion": "metacontroller.k8s.io/v1alpha1",
            "kind": "CompositeController",
            "metadata": {"name": "rogue"},
            "spec": {"generateSelector": True, "parentResource": parent, "hooks": {"sync": hook}},
        }
    )
    yield lab
    lab.kubectl("delete", "compositecontroller", "rogue")
    server.close()


# In its place, no kind is written that the controller does not declare.
@pytest.mark.metacontroller
def test_a_hook_that_answers_a_right_for_everybody_gets_nothing(rogue):
    before = rogue.cluster.writes()
    source = rogue.source()
    source["metadata"]["labels"] = {"hooks": "rogue"}
    rogue.apply(source)

    refused = (
        "system:serviceaccount:metacontroller:metacontroller",
        "create",
        "clusterrolebindings",
        None,
        403,
    )
    rogue.eventually(lambda: refused in rogue.cluster.writes()[len(before) :])
    assert rogue.cluster.get(f"{BINDINGS}/everything-for-everybody") is None
