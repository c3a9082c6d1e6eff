"""From the environment of a pod to the app that gunicorn serves."""

import pytest

from hooks import wsgi
from hooks.model import Settings


@pytest.mark.parametrize(
    ("environment", "settings"),
    [
        pytest.param(
            {"ADAPTER_IMAGE": "registry.example.com/adapter:1"},
            Settings(
                adapter_image="registry.example.com/adapter:1",
                cluster_domain="cluster.local",
                revision="",
            ),
            id="the image is enough",
        ),
        pytest.param(
            {
                "ADAPTER_IMAGE": "adapter:2",
                "CLUSTER_DOMAIN": "k8s.example.com",
                "HOOKS_REVISION": "0.1.0",
                "PATH": "/bin",
            },
            Settings(adapter_image="adapter:2", cluster_domain="k8s.example.com", revision="0.1.0"),
            id="everything",
        ),
    ],
)
def test_settings_come_from_the_environment(environment, settings):
    assert wsgi.settings_from(environment) == settings


@pytest.mark.parametrize("environment", [{}, {"ADAPTER_IMAGE": ""}], ids=["missing", "empty"])
def test_without_an_adapter_image_the_hooks_do_not_start(environment):
    with pytest.raises(SystemExit) as stopped:
        wsgi.settings_from(environment)

    assert stopped.value.code == "ADAPTER_IMAGE is not set: name the image that adapters run."


def test_the_app_serves_what_the_environment_says(monkeypatch):
    monkeypatch.setenv("ADAPTER_IMAGE", "adapter:2")
    monkeypatch.setenv("HOOKS_REVISION", "0.1.0")

    response = wsgi.application().test_client().get("/healthz")

    assert response.get_json() == {"status": "ok", "revision": "0.1.0"}
