"""Every sample is admitted, complete in itself, and does what it is a sample of."""

from pathlib import Path

import pytest
import yaml

from hooks.choice import Namespace, Scope, choose
from hooks.subjects import VSphereBinding
from standalone.runner import CRDS
from standalone.schema import Schemas

FOLDER = Path(__file__).parents[2] / "samples"
SAMPLES = {file.name: list(yaml.safe_load_all(file.read_text())) for file in FOLDER.glob("*.yaml")}
STORED = {"namespace": "default", "creationTimestamp": "2026-05-01T10:00:00Z", "generation": 1}
"""What an API server adds."""


@pytest.fixture(scope="session")
def schemas():
    return Schemas.load(CRDS)


@pytest.fixture(params=sorted(SAMPLES))
def sample(request):
    return SAMPLES[request.param]


@pytest.fixture
def declared(sample, schemas):
    """The objects of our kinds, as the API server would store them."""
    return [schemas.admit(item) for item in sample if item["kind"] in schemas.kinds]


@pytest.fixture
def bindings(declared):
    return [
        VSphereBinding.from_object(item | {"metadata": item["metadata"] | STORED})
        for item in declared
        if item["kind"] == "VSphereBinding"
    ]


@pytest.fixture
def workloads(sample):
    """What has a pod template; of a CronJob, a Job that it makes."""
    jobs = [
        {"apiVersion": "batch/v1", "kind": "Job"} | item["spec"]["jobTemplate"]
        for item in sample
        if item["kind"] == "CronJob"
    ]
    return jobs + [item for item in sample if "template" in item.get("spec", {})]


def test_a_sample_brings_the_credentials_that_it_names(sample, declared):
    secrets = {item["metadata"]["name"]: item for item in sample if item["kind"] == "Secret"}

    assert declared
    for item in declared:
        secret = secrets[item["spec"]["secretRef"]["name"]]
        assert secret["type"] == "kubernetes.io/basic-auth"
        assert secret["stringData"].keys() == {"username", "password"}


def test_every_workload_of_a_sample_is_bound_and_every_binding_binds_some(bindings, workloads):
    here = Namespace(name="default")
    chosen = [
        choose(workload, bindings, namespace=here, scope=Scope()).binding for workload in workloads
    ]

    assert None not in chosen
    assert all(binding in chosen for binding in bindings)


def test_every_program_of_a_sample_is_valid(workloads):
    for workload in workloads:
        [container] = workload["spec"]["template"]["spec"]["containers"]
        if container["command"][0] == "python":
            compile(*container["args"], "args", "exec")
