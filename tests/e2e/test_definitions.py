"""The API server says of every manifest what admission without a cluster says of it."""

import re
from pathlib import Path

import pytest
import yaml

from tests.crds.manifests import bindings, defaults, every_kind, sources
from tests.crds.manifests.valid import binding, source

ROOT = Path(__file__).parents[2]
GROUP = "/apis/sources.tanzu.vmware.com/v1alpha1/namespaces"
NAMESPACE = "definitions"
MERGE = {"Content-Type": "application/merge-patch+json"}
CRDS = {
    crd["spec"]["names"]["kind"]: crd["spec"]
    for crd in (yaml.safe_load(file.read_text()) for file in ROOT.glob("crds/vsphere*.yaml"))
}


@pytest.fixture(scope="module")
def namespace(cluster):
    """One that has a source and a binding, which nobody acts on."""
    place = {"metadata.namespace": NAMESPACE}
    nowhere = {"apiVersion": "nowhere.example.com/v1", "kind": "Nothing", "name": "nothing"}
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    cluster.apply(made, source({**place, "spec.sink": {"ref": nowhere}}), binding(place))
    yield NAMESPACE
    cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


@pytest.fixture(scope="module")
def answer(api_server, namespace):
    """Try a manifest; its status too, which is no part of what is created."""

    def answer(manifest):
        headers = {**api_server.headers, **MERGE}
        plural = CRDS[manifest["kind"]]["names"]["plural"]
        how = "dryRun=All&fieldValidation=Strict"
        given = api_server.request("POST", f"{GROUP}/default/{plural}?{how}", json=manifest)
        if given.status == 201 and "status" in manifest:
            url = f"{GROUP}/{namespace}/{plural}/{manifest['metadata']['name']}/status?{how}"
            changes = {"status": manifest["status"]}
            given = api_server.request("PATCH", url, json=changes, headers=headers)
        return given

    return answer


def found(schema, wanted, path=""):
    """Every part of a schema that has the keyword *wanted*: its path and itself."""
    if wanted in schema:
        yield path, schema
    for name, field in schema.get("properties", {}).items():
        yield from found(field, wanted, f"{path}.{name}")
    for keyword in {"items", "additionalProperties"} & schema.keys():
        yield from found(schema[keyword], wanted, f"{path}.{keyword}")


RULES = {
    rule["message"]
    for crd in CRDS.values()
    for _, schema in found(
        crd["versions"][0]["schema"]["openAPIV3Schema"], "x-kubernetes-validations"
    )
    for rule in schema["x-kubernetes-validations"]
}


def told(problems):
    """The fields that are named, each with the rule that it breaks; other words are free."""
    return {
        (field, next((rule for rule in RULES if text.endswith(rule)), None))
        for field, _, text in (problem.partition(": ") for problem in problems)
    }


def problems_in(answer):
    """What an API server finds wrong, a line each that begins with the field."""
    status = answer.json()
    unknown = re.findall(r'unknown field "(.*?)"', status["message"])
    causes = status.get("details", {}).get("causes", [])
    # An entry of a map is `map[entry]` there; an item of a list is `list[0]` everywhere.
    named = [(re.sub(r"\[(\D[^]]*)\]", r".\1", cause["field"]), cause) for cause in causes]
    return [f"{field}: is not a known field" for field in unknown] + [
        f"{field}: {cause['message']}" for field, cause in named if field != "<nil>"
    ]


@pytest.mark.parametrize("changes", sources.ADMITTED)
def test_a_valid_source_is_admitted(answer, changes):
    assert answer(source(changes)).status == 201


@pytest.mark.parametrize("changes", bindings.ADMITTED)
def test_a_valid_binding_is_admitted(answer, changes):
    assert answer(binding(changes)).status == 201


@pytest.mark.parametrize(("changes", "problems"), sources.REFUSED)
def test_an_invalid_source_is_refused(answer, changes, problems):
    assert told(problems_in(answer(source(changes)))) == told(problems)


@pytest.mark.parametrize(("changes", "problems"), bindings.REFUSED)
def test_an_invalid_binding_is_refused(answer, changes, problems):
    assert told(problems_in(answer(binding(changes)))) == told(problems)


@pytest.mark.parametrize(
    "changes", [pytest.param(row.values[0], id=row.id) for row in every_kind.REFUSED]
)
def test_what_every_kind_has_is_checked(answer, changes):
    """In words of its own: an API server checks this before it looks at the kind."""
    assert answer(source(changes)).status in {400, 422}


@pytest.mark.parametrize(("status", "problems"), every_kind.STATUSES_REFUSED)
@pytest.mark.parametrize("make", [source, binding])
def test_an_invalid_status_is_refused(answer, make, status, problems):
    assert told(problems_in(answer(make({"status": status})))) == told(problems)


@pytest.mark.parametrize(("given_fields", "filled"), defaults.DEFAULTED)
def test_a_source_gets_its_defaults(answer, given_fields, filled):
    manifest = source()
    required = dict(manifest["spec"])
    manifest["spec"] |= given_fields

    assert answer(manifest).json()["spec"] == required | defaults.DEFAULTS | filled


def test_a_binding_gets_its_defaults(answer):
    manifest = binding()

    assert answer(manifest).json()["spec"] == manifest["spec"] | {"skipTLSVerify": False}


@pytest.mark.parametrize("kind", CRDS)
def test_kubectl_explain_has_a_word_on_every_field(api_server, kind):
    document = api_server.request("GET", "/openapi/v3/apis/sources.tanzu.vmware.com/v1alpha1")
    schemas = document.json()["components"]["schemas"]
    published = schemas[f"com.vmware.tanzu.sources.v1alpha1.{kind}"]
    [version] = CRDS[kind]["versions"]

    fields = dict(found(version["schema"]["openAPIV3Schema"], "type"))
    described = dict(found(published, "description"))

    assert fields.keys() - described.keys() == set()


def test_kubectl_get_shows_the_columns_of_the_documentation(cluster, namespace):
    page = (ROOT / "docs" / "troubleshooting.md").read_text()

    header, *_ = cluster.kubectl("get", "vss", "--namespace", namespace).splitlines()

    assert header.split() in [line.split() for line in page.splitlines()]
