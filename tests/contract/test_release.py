"""`make release` renders what `kubectl apply -k metacontroller/` applies, for a registry."""

import copy
import os
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from release import kustomization
from release.__main__ import TARGET, main
from tests.programs import program

ROOT = Path(__file__).parents[2]
INSTALL = ROOT / "metacontroller"
KNATIVE = "metacontroller/overlays/knative-bindings"
FOLDERS = ["metacontroller", KNATIVE, "metacontroller/overlays/least-privilege"]
CHART = ROOT / "charts" / "vsphere-sources"
LABELS = {"app.kubernetes.io/part-of": "vsphere-sources"}


def by_name(objects):
    return {(item["kind"], item["metadata"]["name"]): item for item in objects}


@pytest.fixture
def target(tmp_path):
    return tmp_path / "new" / "release.yaml"


@pytest.fixture
def release(target):
    """Render a release with these options: the objects of both files, in their order."""

    def release(*options):
        assert main([*options, "--output", str(target)]) == 0
        files = (target, target.with_name("release-knative-bindings.yaml"))
        return [list(yaml.safe_load_all(file.read_text())) for file in files]

    return release


@pytest.fixture(scope="session")
def kubectl():
    return program("kubectl", made_by="make e2e")


@pytest.fixture
def shipped(shipped_files):
    """The objects of the files of a kustomization, with the label that it adds."""

    def shipped(folder="metacontroller"):
        files = [file for file in shipped_files(folder) if file.name != kustomization.FILE]
        documents = [item for file in files for item in yaml.safe_load_all(file.read_text())]
        objects = [copy.deepcopy(item) for item in documents if "metadata" in item]
        for item in objects:
            item["metadata"].setdefault("labels", {}).update(LABELS)
        return by_name(objects)

    return shipped


def test_a_release_is_the_manifests_with_one_label(release, shipped):
    installed, knative = release()

    assert by_name(installed) == shipped()
    assert by_name(knative) == shipped(KNATIVE)


@pytest.mark.parametrize("folder", FOLDERS)
def test_kubectl_makes_the_same_of_the_kustomization(kubectl, folder):
    done = subprocess.run(
        [kubectl, "kustomize", ROOT / folder], capture_output=True, text=True, check=True
    )

    objects = kustomization.objects(ROOT / folder)

    assert by_name(objects) == by_name(yaml.safe_load_all(done.stdout))


def test_components_change_a_release_as_they_change_the_manifests(kubectl, release, target):
    """Both are what a kustomization of the user's may start from."""
    release()
    components = sorted((INSTALL / "components").iterdir())
    folder = target.parent

    def rendered(resource):
        relative = [os.path.relpath(path, folder) for path in (resource, *components)]
        content = {"resources": relative[:1], "components": relative[1:]}
        (folder / kustomization.FILE).write_text(yaml.safe_dump(content))
        done = subprocess.run(
            [kubectl, "kustomize", folder], capture_output=True, text=True, check=True
        )
        return by_name(yaml.safe_load_all(done.stdout))

    assert rendered(target) == rendered(INSTALL)


def test_registry_and_version_change_images_and_revision_alone(release, shipped):
    there = "registry.example.com:5000/team"
    installed, knative = release("--images", f"{there}/", "--version", "0.2.0")

    expected = shipped() | shipped(KNATIVE)
    hooks, webhook = (
        expected["Deployment", name]["spec"]["template"]["spec"]["containers"][0]
        for name in ("vsphere-hooks", "vsphere-webhook")
    )
    hooks["image"] = webhook["image"] = f"{there}/vsphere-sources-hooks:0.2.0"
    hooks["env"][:2] = [
        {"name": "ADAPTER_IMAGE", "value": f"{there}/vsphere-sources-adapter:0.2.0"},
        {"name": "HOOKS_REVISION", "value": "0.2.0"},
    ]
    for (kind, _), item in expected.items():
        if kind in {"CompositeController", "DecoratorController"}:
            for called in item["spec"]["hooks"].values():
                url = called["webhook"]["url"]
                called["webhook"]["url"] = f"{url.partition('?')[0]}?rev=0.2.0"
    assert by_name([*installed, *knative]) == expected


def test_namespace_and_definitions_come_before_what_needs_them(release):
    installed, _ = release()

    kinds = [item["kind"] for item in installed]

    assert kinds[:3] == ["Namespace", "CustomResourceDefinition", "CustomResourceDefinition"]


def test_the_command_says_what_to_do_next(release, capsys, target):
    release("--images", "registry.example.com/team", "--version", "0.2.0")

    place = "registry.example.com/team"
    assert capsys.readouterr().out == (
        f"Version 0.2.0, images {place}/vsphere-sources-hooks:0.2.0 and "
        f"{place}/vsphere-sources-adapter:0.2.0. Install it with:\n"
        f"  kubectl apply --server-side -f {target}\n"
        "and, where Knative Serving is installed, bindings for its kinds with:\n"
        f"  kubectl apply --server-side -f {target.with_name('release-knative-bindings.yaml')}\n"
    )


def test_each_file_says_in_its_head_what_it_is(release, target):
    release("--version", "0.2.0")

    head, knative = (
        target.with_name(name).read_text().partition("---\n")[0]
        for name in ("release.yaml", "release-knative-bindings.yaml")
    )

    assert head == (
        "# vsphere-sources 0.2.0. Metacontroller 4.17.2 or newer has to be there already.\n"
        "#\n"
        "#   kubectl apply --server-side -f release.yaml\n"
    )
    assert knative == (
        "# Bindings for Knative's Services and Configurations, beside vsphere-sources 0.2.0.\n"
        "#\n"
        "#   kubectl apply --server-side -f release-knative-bindings.yaml\n"
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
