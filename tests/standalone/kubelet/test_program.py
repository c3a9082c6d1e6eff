"""What a local program is given of a Pod."""

from pathlib import Path

import pytest

from standalone.kubelet import program
from standalone.kubelet.program import Program
from standalone.pod import PodError

ROOT = Path("/run/pod")
IMAGE = Program(
    command=("adapter",), mounts={"/var/secret": "SECRET_PATH"}, ports={9090: "METRICS_PORT"}
)
TOKEN = {
    "name": "kube-api-access",
    "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
}


def pod(env=(), mounts=()):
    container = {"name": "adapter", "env": list(env), "volumeMounts": list(mounts)}
    return {
        "metadata": {"name": "adapter-1", "namespace": "prod"},
        "spec": {"containers": [container]},
    }


def environment(env, services=()):
    declared = program.variables(pod(env), {"credentials": {"password": b"$(X)$5"}})
    return program.environment(
        declared, IMAGE, root=ROOT, ports={9090: 40001}, services=dict(services)
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
        pytest.param(
            {"valueFrom": {"secretKeyRef": {"name": "credentials", "key": "password"}}},
            "$(X)$5",
            id="a key of a Secret, as it is",
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


def test_a_key_that_a_secret_lacks_is_named():
    missing = {"secretKeyRef": {"name": "credentials", "key": "username"}}

    with pytest.raises(PodError, match=r"^The Secret credentials has no key username\.$"):
        environment([{"name": "X", "valueFrom": missing}])


def test_the_secrets_that_variables_come_from_are_known():
    reference = {"secretKeyRef": {"name": "credentials", "key": "password"}}
    env = [{"name": "X", "value": "1"}, {"name": "Y", "valueFrom": reference}]

    assert program.secret_names({"env": env}) == ["credentials"]
    assert program.secret_names({}) == []


def test_who_listens_everywhere_listens_at_the_local_port():
    hooks = Program(command=("gunicorn", "app", "--bind", "0.0.0.0:8080", "--threads", "16"))

    assert program.command({}, hooks, {8080: 40002, 9090: 40001}) == (
        "gunicorn", "app", "--bind", "127.0.0.1:40002", "--threads", "16",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("container", "command"),
    [
        pytest.param({"command": ["python"], "args": ["-c", "1"]}, ("python", "-c", "1"), id="own"),
        pytest.param({"command": ["serve", "0.0.0.0:80"]}, ("serve", "127.0.0.1:4"), id="serving"),
        pytest.param({}, ("adapter",), id="that of its image"),
    ],
)
def test_a_container_may_have_a_command_of_its_own(container, command):
    assert program.command(container, IMAGE, {80: 4}) == command


@pytest.mark.parametrize("port", [pytest.param(8080, id="number"), pytest.param("http", id="name")])
def test_a_port_has_a_number_and_a_name(port):
    container = {"ports": [{"containerPort": 9090}, {"name": "http", "containerPort": 8080}]}

    assert program.port_number(container, port) == 8080
    assert program.port_numbers(container) == [9090, 8080]


@pytest.mark.parametrize(
    ("lifecycle", "command"),
    [
        pytest.param({}, (), id="none"),
        pytest.param(
            {"lifecycle": {"preStop": {"exec": {"command": ["sleep", "10"]}}}},
            ("sleep", "10"),
            id="a command",
        ),
    ],
)
def test_what_is_run_before_the_end_is_known(lifecycle, command):
    assert program.pre_stop(lifecycle) == command


@pytest.mark.parametrize(("mounts", "mounted"), [([TOKEN], True), ([], False)])
def test_a_token_is_only_for_who_mounts_it(mounts, mounted):
    assert program.has_token(pod(mounts=mounts)) is mounted


def test_files_stay_below_the_folder_of_the_pod():
    assert program.local(ROOT, "/var/secret") == Path("/run/pod/var/secret")
