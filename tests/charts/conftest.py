"""The Helm chart, rendered by the real helm; and the manifests, by the real kubectl."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.programs import program

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "vsphere-sources"


@pytest.fixture(scope="session")
def helm():
    """Run helm; returns the finished process."""
    found = program("helm")

    def helm(command, *options):
        return subprocess.run(
            [found, command, *options], capture_output=True, text=True, check=False
        )

    return helm


@pytest.fixture(scope="session")
def template(helm, tmp_path_factory):
    """Run `helm template` with these values on top of the chart's own."""
    folder = tmp_path_factory.mktemp("values")

    def template(values, *options, namespace="vsphere-sources"):
        file = folder / "values.yaml"
        file.write_text(yaml.safe_dump(values))
        return helm(
            *("template", "events", str(CHART), "--namespace", namespace),
            *("--kube-version", "1.30.0", "--values", str(file), *options),
        )

    return template


@pytest.fixture(scope="session")
def rendered(template):
    """Render the chart with these values: the objects by kind and name."""

    def rendered(values=None, *options, **place):
        done = template(values or {}, *options, **place)
        assert done.returncode == 0, done.stderr
        objects = [item for item in yaml.safe_load_all(done.stdout) if item]
        return {(item["kind"], item["metadata"]["name"]): item for item in objects}

    return rendered


@pytest.fixture(scope="session")
def defaults(rendered):
    return rendered()


@pytest.fixture(scope="session")
def kustomized(tmp_path_factory):
    """Let kubectl render `metacontroller/` with these components."""
    kubectl = program("kubectl", made_by="make e2e")
    folder = tmp_path_factory.mktemp("kustomization")

    def kustomized(*components):
        content = {
            "resources": [os.path.relpath(ROOT / "metacontroller", folder)],
            "components": [os.path.relpath(component, folder) for component in components],
        }
        (folder / "kustomization.yaml").write_text(yaml.safe_dump(content))
        done = subprocess.run(
            [kubectl, "kustomize", folder], capture_output=True, text=True, check=True
        )
        return list(yaml.safe_load_all(done.stdout))

    return kustomized
