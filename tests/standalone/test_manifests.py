"""What files may declare, and what is said about those that cannot be used."""

import base64

import pytest

from standalone import manifests
from standalone.manifests import ManifestError, Manifests

PASSWORD = "correct horse"
KNOWN = "without a cluster there are VSphereSource, and Secret and Service of apiVersion v1."
SECRET = """\
apiVersion: v1
kind: Secret
metadata: {{name: credentials{namespace}}}
{body}
"""


@pytest.fixture
def load(write, schemas):
    return lambda *documents: manifests.load([write(*documents)], schemas)


@pytest.fixture
def refusal(write, schemas):
    """Say why a file of these documents is refused, calling it FILE."""

    def refused(*documents):
        path = write(*documents)
        with pytest.raises(ManifestError) as error:
            manifests.load([path], schemas)
        assert PASSWORD not in f"{error.value!r} {error.value.__cause__!r}"
        return str(error.value).replace(str(path), "FILE")

    return refused


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def test_a_source_and_its_secret_are_read_with_the_defaults_of_the_schema(load, source, secret):
    given = source()

    assert load(given, secret(username="user", password=PASSWORD)) == Manifests(
        sources={
            ("default", "events"): given
            | {
                "spec": given["spec"]
                | {"checkpointConfig": {"maxAgeSeconds": 300, "periodSeconds": 10}}
            }
        },
        secrets={("default", "credentials"): {"username": b"user", "password": b"correct horse"}},
    )


def test_the_namespace_of_whatever_names_none_is_default(load, source, secret):
    given, credentials = source(), secret(username="user")
    del given["metadata"]["namespace"]
    credentials["metadata"]["namespace"] = None

    read = load(given, credentials)

    assert read.sources["default", "events"]["metadata"]["namespace"] == "default"
    assert read.secrets.keys() == {("default", "credentials")}


def test_files_are_read_together_and_empty_documents_skipped(write, schemas, source, secret):
    paths = [
        write("", source(), "", name="one.yaml"),
        write(secret(), source("other"), name="two.yaml"),
    ]

    read = manifests.load(paths, schemas)

    assert read.sources.keys() == {("default", "events"), ("default", "other")}
    assert read.secrets == {("default", "credentials"): {}}


@pytest.mark.parametrize(
    ("body", "values"),
    [
        pytest.param("stringData: {password: plain}", {"password": b"plain"}, id="stringData"),
        pytest.param("data: {password: cGxhaW4=}", {"password": b"plain"}, id="data"),
        pytest.param(
            "data: {password: b2xk, username: dXNlcg==}\nstringData: {password: new}",
            {"password": b"new", "username": b"user"},
            id="both, where stringData wins",
        ),
        pytest.param(
            "data:\n  password: |\n    cGxh\n    aW4=\n", {"password": b"plain"}, id="lines"
        ),
        pytest.param("data: {password: /w==}", {"password": b"\xff"}, id="no text"),
        pytest.param("type: kubernetes.io/basic-auth", {}, id="nothing"),
        pytest.param("data: null", {}, id="null"),
    ],
)
def test_a_secret_is_decoded(load, source, body, values):
    read = load(source(), SECRET.format(body=body, namespace=""))

    assert read.secrets == {("default", "credentials"): values}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        pytest.param(f"data: {{password: {PASSWORD}}}", "data.password is not base64.", id="text"),
        pytest.param(
            f"data: {{password: {encoded(PASSWORD)[:-1]}}}",
            "data.password is not base64.",
            id="cut",
        ),
        pytest.param("data: {password: ü}", "data.password is not base64.", id="not ASCII"),
        pytest.param(
            "stringData: {password: 12345}", "stringData.password must be a string.", id="a number"
        ),
        pytest.param("data: [password]", "data must be a map.", id="a list"),
    ],
)
def test_a_wrong_secret_is_refused_by_its_field(refusal, source, body, problem):
    said = refusal(source(), SECRET.format(body=body, namespace=""))

    assert said == f'FILE, document 2: Secret "credentials": {problem}'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(f"a: b\npassword: {PASSWORD}: x", "FILE is not YAML (line 2).", id="colon"),
        pytest.param(
            f"password: !secret {PASSWORD}", "FILE is not YAML (line 1).", id="unknown tag"
        ),
        pytest.param("date: 2024-13-45", "FILE is not YAML.", id="impossible date"),
        pytest.param("a: \x00", "FILE is not YAML.", id="control character"),
        pytest.param(
            "- kind: VSphereSource",
            "FILE, document 1: this is no Kubernetes object, which is a map with a kind.",
            id="list",
        ),
        pytest.param(
            "metadata: {name: events}",
            "FILE, document 1: this is no Kubernetes object, which is a map with a kind.",
            id="no kind",
        ),
        pytest.param(
            "kind: [VSphereSource]",
            "FILE, document 1: this is no Kubernetes object, which is a map with a kind.",
            id="kind that is no text",
        ),
        pytest.param(
            "{apiVersion: apps/v1, kind: Deployment}",
            f"FILE, document 1: kind Deployment of apiVersion apps/v1 is not known here: {KNOWN}",
            id="unknown kind",
        ),
        pytest.param(
            "{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: s}}",
            "FILE, document 1: kind Service of apiVersion serving.knative.dev/v1 "
            f"is not known here: {KNOWN}",
            id="kind of another group",
        ),
        pytest.param(
            "{apiVersion: sources.tanzu.vmware.com/v1alpha1, kind: VSphereBinding}",
            "FILE, document 1: a VSphereBinding needs a cluster, for it changes workloads there. "
            f"Take it out of this file: {KNOWN}",
            id="binding",
        ),
        pytest.param(
            "{apiVersion: v1, kind: Service, metadata: {namespace: a}}",
            "FILE, document 1: Service: metadata must have a name, and may have a namespace, "
            "both strings.",
            id="no name",
        ),
        pytest.param(
            "{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: 1}}",
            "FILE, document 1: Secret: metadata must have a name, and may have a namespace, "
            "both strings.",
            id="namespace that is no text",
        ),
        pytest.param(
            SECRET.format(body="data: {}", namespace=""),
            "FILE: there is no VSphereSource to run.",
            id="no source",
        ),
        pytest.param("", "FILE: there is no VSphereSource to run.", id="nothing"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_never_quoted(refusal, text, problem):
    assert refusal(text) == problem


def test_a_source_that_breaks_its_schema_is_refused_by_document_and_field(refusal, source, secret):
    wrong = source(address="vcenter", sink={}, period=1)

    assert refusal(secret(), "", wrong) == (
        'FILE, document 3: VSphereSource "events": spec.period: is not a known field'
    )
    del wrong["spec"]["period"]
    assert refusal(secret(), wrong) == (
        'FILE, document 2: VSphereSource "events": spec.address: '
        "must be an http or https URL with a host, like https://vcenter.example.com\n"
        'FILE, document 2: VSphereSource "events": spec.sink: must have ref, uri or both'
    )


def test_a_source_is_declared_once(refusal, source, secret):
    assert refusal(source(), secret(), source()) == (
        "FILE, document 3: VSphereSource default/events is declared before, in FILE, document 1."
    )


def test_a_secret_is_declared_once_and_no_namespace_is_the_default_one(refusal, source, secret):
    again = secret()
    del again["metadata"]["namespace"]

    assert refusal(source(), secret(), again) == (
        "FILE, document 3: Secret default/credentials is declared before, in FILE, document 2."
    )


def test_a_name_in_two_namespaces_is_two_names(load, source):
    other = source()
    other["metadata"]["namespace"] = "other"

    assert load(source(), other).sources.keys() == {("default", "events"), ("other", "events")}


def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path, schemas):
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\xff")

    for path, problem in [
        (tmp_path / "absent.yaml", "cannot be read: No such file or directory."),
        (tmp_path, "cannot be read: Is a directory."),
        (binary, "is not UTF-8 text."),
    ]:
        with pytest.raises(ManifestError) as error:
            manifests.load([path], schemas)
        assert str(error.value) == f"{path} {problem}"


def test_what_was_read_does_not_show_its_passwords(load, source, secret):
    read = load(source(), secret(username="user", password=PASSWORD))

    assert PASSWORD not in repr(read)
