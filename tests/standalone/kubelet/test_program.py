"""What a local program is given of a Pod."""

from pathlib import Path

import pytest

from standalone.kubelet import program
from standalone.kubelet.program import MountedSecret, Program
from standalone.pod import PodError

ROOT = Path("/run/pod")
IMAGE = Program(
    command=("adapter",), mounts={"/var/secret": "SECRET_PATH"}, ports={9090: "METRICS_PORT"}
)
TOKEN = {
    "name": "kube-api-access",
    "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
}


def pod(env=(), mounts=(), volumes=()):
    container = {"name": "adapter", "env": list(env), "volumeMounts": list(mounts)}
    return {
        "metadata": {"name": "adapter-1", "namespace": "prod"},
        "spec": {"containers": [container], "volumes": list(volumes)},
    }


def environment(env, services=()):
    return program.environment(
        pod(env), IMAGE, root=ROOT, ports={9090: 40001}, services=dict(services)
    )


MOVED = {"SECRET_PATH": "/run/pod/var/secret", "METRICS_PORT": "40001"}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param({"value": "$$5"}, "$5", id="a value"),
        pytest.param(
            {"valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            "adapter-1",
            id="its name",
        ),
        pytest.param(
            {"valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
            "prod",
            id="its namespace",
        ),
        pytest.param({}, "", id="nothing"),
        pytest.param(
            {"value": "http://events.prod.svc.cluster.local/in"},
            "http://127.0.0.1:8080/in",
            id="a Service",
        ),
    ],
)
def test_variables_are_resolved_and_places_moved(variable, value):
    services = {"events.prod.svc.cluster.local": "http://127.0.0.1:8080"}

    assert environment([{"name": "X", **variable}], services) == {"X": value, **MOVED}


def test_an_unknown_service_is_named():
    with pytest.raises(PodError, match="Service prod/events"):
        environment([{"name": "X", "value": "http://events.prod.svc.cluster.local"}])


@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        pytest.param(
            {"secretName": "s"},
            MountedSecret(name="s", path="/var/secret", optional=False, items=None),
            id="whole",
        ),
        pytest.param(
            {"secretName": "s", "optional": True, "items": [{"key": "user", "path": "name"}]},
            MountedSecret(name="s", path="/var/secret", optional=True, items={"user": "name"}),
            id="some keys, if it is there",
        ),
    ],
)
def test_secrets_are_files_where_they_are_mounted(secret, expected):
    mounts = [{"name": "secret", "mountPath": "/var/secret"}, TOKEN]
    volumes = [
        {"name": "secret", "secret": secret},
        {"name": "kube-api-access", "projected": {}},
        {"name": "unused", "secret": {"secretName": "other"}},
    ]

    assert program.mounted_secrets(pod(mounts=mounts, volumes=volumes)) == [expected]


@pytest.mark.parametrize(("mounts", "mounted"), [([TOKEN], True), ([], False)])
def test_a_token_is_only_for_who_mounts_it(mounts, mounted):
    assert program.has_token(pod(mounts=mounts)) is mounted


def test_files_stay_below_the_folder_of_the_pod():
    assert program.local(ROOT, "/var/secret") == Path("/run/pod/var/secret")
