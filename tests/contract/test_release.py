"""`make release` renders what `kubectl apply -k metacontroller/` applies, for a registry."""

import copy
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from release import kustomization
from release.__main__ import TARGET, main

ROOT = Path(__file__).parents[2]
INSTALL = ROOT / "metacontroller"
CHART = ROOT / "charts" / "vsphere-sources"
LABELS = {"app.kubernetes.io/part-of": "vsphere-sources"}


def by_name(objects):
    return {(item["kind"], item["metadata"]["name"]): item for item in objects}


@pytest.fixture
def release(tmp_path):
    """Render a release with these options; returns its objects in their order."""

    def release(*options):
        file = tmp_path / "new" / "release.yaml"
        assert main([*options, "--output", str(file)]) == 0
        return list(yaml.safe_load_all(file.read_text()))

    return release


@pytest.fixture(scope="session")
def kubectl():
    built = ROOT / ".cache" / "bin" / "kubectl"
    program = built if built.exists() else shutil.which("kubectl")
    if not program:
        pytest.skip("kubectl is missing: what it makes of the kustomization is not compared.")
    return program


@pytest.fixture
def shipped(shipped_files):
    """The objects of the files of the kustomization, with the label that it adds."""
    files = [file for file in shipped_files("metacontroller") if file.name != kustomization.FILE]
    documents = [item for file in files for item in yaml.safe_load_all(file.read_text())]
    objects = [copy.deepcopy(item) for item in documents if "metadata" in item]
    for item in objects:
        item["metadata"].setdefault("labels", {}).update(LABELS)
    return objects


def test_a_release_is_the_manifests_with_one_label(release, shipped):
    assert by_name(release()) == by_name(shipped)


@pytest.mark.parametrize("folder", ["metacontroller", "metacontroller/overlays/least-privilege"])
def test_kubectl_makes_the_same_of_the_kustomization(kubectl, folder):
    done = subprocess.run(
        [kubectl, "kustomize", ROOT / folder], capture_output=True, text=True, check=True
    )

    objects = kustomization.objects(ROOT / folder)

    assert by_name(objects) == by_name(yaml.safe_load_all(done.stdout))


def test_registry_and_version_change_images_and_revision_alone(release, shipped):
    there = "registry.example.com:5000/team"
    expected = by_name(shipped)
    pod = expected["Deployment", "vsphere-hooks"]["spec"]["template"]["spec"]
    pod["containers"][0]["image"] = f"{there}/vsphere-sources-hooks:0.2.0"
    pod["containers"][0]["env"] = [
        {"name": "ADAPTER_IMAGE", "value": f"{there}/vsphere-sources-adapter:0.2.0"},
        {"name": "HOOKS_REVISION", "value": "0.2.0"},
        {"name": "CLUSTER_DOMAIN", "value": "cluster.local"},
    ]
    url = "http://vsphere-hooks.vsphere-sources/vspheresource"
    hooks = expected["CompositeController", "vspheresource"]["spec"]["hooks"]
    hooks["sync"]["webhook"]["url"] = f"{url}/sync?rev=0.2.0"
    hooks["customize"]["webhook"]["url"] = f"{url}/customize?rev=0.2.0"

    assert by_name(release("--images", f"{there}/", "--version", "0.2.0")) == expected


def test_namespace_and_definitions_come_before_what_needs_them(release):
    kinds = [item["kind"] for item in release()]

    assert kinds[:3] == ["Namespace", "CustomResourceDefinition", "CustomResourceDefinition"]


def test_the_command_says_what_to_do_next(release, capsys, tmp_path):
    objects = release("--images", "registry.example.com/team", "--version", "0.2.0")

    file = tmp_path / "new" / "release.yaml"
    place = "registry.example.com/team"
    assert capsys.readouterr().out == (
        f"{len(objects)} objects, images {place}/vsphere-sources-hooks:0.2.0 and "
        f"{place}/vsphere-sources-adapter:0.2.0. Apply them with:\n"
        f"  kubectl apply --server-side -f {file}\n"
    )


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        pytest.param(
            "--images",
            "my registry",
            "'my registry' is no place of images: give it like registry.example.com/team",
            id="a space in the registry",
        ),
        pytest.param(
            "--images",
            "https://registry.example.com",
            "'https://registry.example.com' is no place of images: give it like "
            "registry.example.com/team",
            id="a URL as registry",
        ),
        pytest.param(
            "--version",
            "0.1.0+build",
            "'0.1.0+build' is no image tag: give it like 0.1.0",
            id="a version that is no tag",
        ),
    ],
)
def test_what_cannot_be_an_image_is_refused(capsys, option, value, message):
    with pytest.raises(SystemExit) as stopped:
        main([option, value])

    assert stopped.value.code == 2
    assert f"argument {option}: {message}\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "named"),
    [
        pytest.param({"patches": []}, "patches", id="a field"),
        pytest.param(
            {"labels": [{"includeSelectors": True}]}, "labels[].includeSelectors", id="deep"
        ),
    ],
)
def test_a_kustomization_that_is_not_understood_is_refused(tmp_path, more, named):
    file = tmp_path / kustomization.FILE
    file.write_text(yaml.safe_dump({"resources": []} | more))

    with pytest.raises(kustomization.KustomizationError) as refused:
        kustomization.objects(tmp_path)

    assert str(refused.value) == (
        f"{file} has {named}, which `make release` does not understand: "
        "use `kubectl kustomize` instead."
    )


def test_make_hands_the_variables_on():
    done = subprocess.run(
        ["make", "--dry-run", "release", "IMAGES=registry.example.com/team", "VERSION=0.2.0"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "-m release --images registry.example.com/team --version 0.2.0\n" in done.stdout


def test_git_ignores_what_is_rendered():
    assert f"{TARGET.parent.relative_to(ROOT)}/" in (ROOT / ".gitignore").read_text().splitlines()


def test_one_version_stands_everywhere():
    """The package, the images of the kustomization, and the chart with what it installs."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    package = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    images = [image.tag for image in kustomization.images(INSTALL)]

    assert {*images, chart["version"], chart["appVersion"]} == {package}


def test_the_chart_holds_the_definitions_that_the_manifests_do():
    chart = {file.name: file.read_text() for file in (CHART / "crds").iterdir()}
    shipped = {file.name: file.read_text() for file in (ROOT / "crds").glob("vsphere*.yaml")}

    assert chart == shipped
