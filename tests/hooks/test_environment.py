"""What the environment of a pod says about sources and bindings."""

import pytest

from hooks.choice import Scope
from hooks.environment import scope_from, settings_from
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
    assert settings_from(environment) == settings


@pytest.mark.parametrize("environment", [{}, {"ADAPTER_IMAGE": ""}], ids=["missing", "empty"])
def test_without_an_adapter_image_the_hooks_do_not_start(environment):
    with pytest.raises(SystemExit) as stopped:
        settings_from(environment)

    assert stopped.value.code == "ADAPTER_IMAGE is not set: name the image that adapters run."


@pytest.mark.parametrize(
    ("environment", "scope"),
    [
        pytest.param({}, Scope(), id="nothing"),
        pytest.param({"EXTRA_SUBJECTS": "", "BIND_OPT_IN": ""}, Scope(), id="empty"),
        pytest.param({"BIND_OPT_IN": "false"}, Scope(), id="no opt-in"),
        pytest.param({"BIND_OPT_IN": "true"}, Scope(opt_in=True), id="opt-in"),
        pytest.param({"NAMESPACE": "ours"}, Scope(own_namespace="ours"), id="own namespace"),
        pytest.param(
            {"EXTRA_SUBJECTS": "example.com/Thing, batch.example.com/Batch"},
            Scope(
                extra_kinds=frozenset({("example.com", "Thing"), ("batch.example.com", "Batch")})
            ),
            id="more kinds",
        ),
    ],
)
def test_what_can_be_bound_comes_from_the_environment(environment, scope):
    assert scope_from(environment) == scope


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        pytest.param(
            {"BIND_OPT_IN": "yes"}, "BIND_OPT_IN is 'yes': write true or false.", id="opt-in"
        ),
        *(
            pytest.param(
                {"EXTRA_SUBJECTS": f"example.com/Thing,{wrong}"},
                f"EXTRA_SUBJECTS names {wrong!r}: "
                "write each kind as group/Kind, with commas between.",
                id=wrong,
            )
            for wrong in ("Thing", "/Thing", "example.com/", "example.com/v1/Thing")
        ),
    ],
)
def test_a_bad_value_is_named(environment, message):
    with pytest.raises(SystemExit) as stopped:
        scope_from(environment)

    assert stopped.value.code == message
