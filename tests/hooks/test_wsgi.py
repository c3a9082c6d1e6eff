"""From the environment of a pod to the app that gunicorn serves."""

from hooks import wsgi
from tests.hooks import manifests


def test_the_app_serves_what_the_environment_says(monkeypatch):
    monkeypatch.setenv("ADAPTER_IMAGE", "adapter:2")
    monkeypatch.setenv("HOOKS_REVISION", "0.1.0")

    response = wsgi.application().test_client().get("/healthz")

    assert response.get_json() == {"status": "ok", "revision": "0.1.0"}


def test_the_app_binds_what_the_environment_says(monkeypatch):
    monkeypatch.setenv("ADAPTER_IMAGE", "adapter:2")
    monkeypatch.setenv("BIND_OPT_IN", "true")
    bindings = {"VSphereBinding.sources.tanzu.vmware.com/v1alpha1": {"x": manifests.binding()}}
    namespace = {"Namespace.v1": {"default": {"metadata": {"name": "default"}}}}
    request = {"object": manifests.workload(), "related": bindings | namespace}

    response = wsgi.application().test_client().post("/workload/sync", json=request)

    assert response.get_json()["annotations"] == {}
