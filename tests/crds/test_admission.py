"""What admission does to every kind: defaults, metadata, and rules that cannot be evaluated."""

import copy

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from standalone.cel import UnsupportedRuleError
from standalone.schema import Schemas

DEFAULTS = {
    "skipTLSVerify": False,
    "checkpointConfig": {"maxAgeSeconds": 300, "periodSeconds": 10},
    "payloadEncoding": "application/xml",
}


@pytest.mark.parametrize(
    ("given_fields", "filled"),
    [
        pytest.param({}, {}, id="nothing given"),
        pytest.param({"checkpointConfig": {}}, {}, id="empty checkpoint config"),
        pytest.param({"checkpointConfig": None, "skipTLSVerify": None}, {}, id="explicit nulls"),
        pytest.param({"checkpointConfig": {"periodSeconds": None}}, {}, id="nested null"),
        pytest.param(
            {"checkpointConfig": {"maxAgeSeconds": 3600}},
            {"checkpointConfig": {"maxAgeSeconds": 3600, "periodSeconds": 10}},
            id="half a checkpoint config",
        ),
        pytest.param(
            {"checkpointConfig": {"maxAgeSeconds": 0, "periodSeconds": 0}},
            {"checkpointConfig": {"maxAgeSeconds": 0, "periodSeconds": 0}},
            id="zero is a value",
        ),
        pytest.param(
            {"payloadEncoding": "Application/JSON"},
            {"payloadEncoding": "Application/JSON"},
            id="encoding kept as written",
        ),
        pytest.param({"serviceAccountName": None}, {}, id="null without default"),
        pytest.param(
            {"ceOverrides": {"extensions": {"a": None, "b": "c"}}},
            {"ceOverrides": {"extensions": {"b": "c"}}},
            id="null in a map",
        ),
    ],
)
def test_a_source_gets_its_defaults(schemas, source, given_fields, filled):
    manifest = source()
    required = copy.deepcopy(manifest["spec"])
    manifest["spec"] |= given_fields

    assert schemas.admit(manifest) == manifest | {"spec": required | DEFAULTS | filled}


def test_a_binding_gets_its_defaults(schemas, binding):
    manifest = binding()
    expected = manifest | {"spec": manifest["spec"] | {"skipTLSVerify": False}}

    assert schemas.admit(manifest) == expected


def test_the_kinds_are_those_of_the_project(schemas):
    assert schemas.kinds == {"VSphereSource", "VSphereBinding"}


def test_an_object_as_kubectl_prints_it_is_admitted(schemas, source):
    manifest = source(
        {
            "metadata.uid": "1c2f",
            "metadata.generation": 3,
            "metadata.labels": {"app": "a"},
            "metadata.managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}],
            "status.conditions": [{"type": "Ready", "status": "True"}],
            "status.adapter": {
                "streaming": "True",
                "refusedEvents": 1,
                "lastRefused": {"id": "7", "type": "com.vmware.vsphere.A.v0", "code": 400},
            },
        }
    )

    assert schemas.admit(manifest)["status"] == manifest["status"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param(
            {"apiVersion": "sources.knative.dev/v1"},
            '"events": apiVersion: must be one of sources.tanzu.vmware.com/v1alpha1',
            id="another API version",
        ),
        pytest.param({"apiVersion": ...}, '"events": apiVersion: is required', id="no API version"),
        pytest.param({"metadata": ...}, '"": metadata: is required', id="no metadata"),
        pytest.param({"metadata": {}}, '"": metadata.name: is required', id="no name"),
        pytest.param(
            {"metadata": "events"}, '"": metadata: must be of type object', id="metadata as text"
        ),
        pytest.param(
            {"metadata.name": "../events"},
            '"../events": metadata.name: must be lower-case letters, digits, "-" and ".",'
            " like my-source",
            id="name that cannot be",
        ),
        pytest.param(
            {"metadata.namespace": "a.b"},
            '"events": metadata.namespace: must be lower-case letters, digits and "-",'
            " like default",
            id="namespace that cannot be",
        ),
        pytest.param(
            {"metadata.lables": {}},
            '"events": metadata.lables: is not a known field',
            id="misspelt metadata",
        ),
        pytest.param(
            {"metadata.labels": {"version": 1}},
            '"events": metadata.labels.version: must be of type string',
            id="label with a number",
        ),
        pytest.param(
            {"sink": {}}, '"events": sink: is not a known field', id="field beside the spec"
        ),
    ],
)
def test_what_every_kind_has_is_checked_too(source, refusal, changes, problem):
    assert refusal(source(changes)) == f"VSphereSource {problem}"


@pytest.mark.parametrize(
    ("status", "problems"),
    [
        pytest.param(
            {"conditions": [{"type": "Ready", "status": "Yes"}]},
            ["status.conditions[0].status: must be one of True, False, Unknown"],
            id="condition that cannot be",
        ),
        pytest.param(
            {"conditions": [{}]},
            ["status.conditions[0].status: is required", "status.conditions[0].type: is required"],
            id="empty condition",
        ),
    ],
)
def test_the_status_of_both_kinds_is_checked_too(source, binding, refusal, status, problems):
    for who, make in (
        ('VSphereSource "events"', source),
        ('VSphereBinding "credentials"', binding),
    ):
        expected = "\n".join(f"{who}: {problem}" for problem in problems)

        assert refusal(make({"status": status})) == expected


@pytest.mark.parametrize(
    ("validation", "problem"),
    [
        pytest.param({"rule": "isURL(self)"}, "isURL(self): isURL is not supported", id="function"),
        pytest.param(
            {"rule": "has(self.a) || self.b.lowerAscii() == ''"},
            "has(self.a) || self.b.lowerAscii() == '': lowerAscii is not supported",
            id="method behind a shortcut",
        ),
        pytest.param(
            {"rule": "self == oldSelf"},
            "self == oldSelf: oldSelf is not supported",
            id="transition",
        ),
        pytest.param(
            {"rule": "self.all(k, k != name)"},
            "self.all(k, k != name): name is not supported",
            id="unbound variable",
        ),
        pytest.param(
            {"rule": "true", "messageExpression": "'no'"},
            "true: messageExpression is not supported",
            id="message expression",
        ),
    ],
)
def test_a_rule_that_cannot_be_evaluated_is_refused_when_loaded(
    crds, tmp_path, validation, problem
):
    with pytest.raises(UnsupportedRuleError) as caught:
        load_with_rule(crds, tmp_path, validation)

    assert str(caught.value) == f"VSphereSource.spec.address: {problem}"


def test_a_rule_that_is_no_cel_is_refused_when_loaded(crds, tmp_path):
    message = r"^VSphereSource\.spec\.address: self ==: is no CEL expression: "

    with pytest.raises(UnsupportedRuleError, match=message):
        load_with_rule(crds, tmp_path, {"rule": "self =="})


def test_a_rule_that_fails_refuses_the_manifest(crds, tmp_path, source):
    schemas = load_with_rule(crds, tmp_path, {"rule": "self.host != ''", "message": "must shine"})

    with pytest.raises(ValueError, match=r"spec\.address: must shine \(its rule failed: "):
        schemas.admit(source())


def load_with_rule(crds, folder, validation):
    crd = copy.deepcopy(crds["VSphereSource"])
    spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    spec["properties"]["address"]["x-kubernetes-validations"] = [validation]
    (folder / "crd.yaml").write_text(yaml.safe_dump(crd))
    return Schemas.load(folder)


names = st.from_regex(r"[a-z0-9]{1,20}", fullmatch=True)
sources = st.fixed_dictionaries(
    {},
    optional={
        "spec.skipTLSVerify": st.none() | st.booleans(),
        "spec.sink": st.builds(lambda name: {"uri": f"https://{name}/in"}, names),
        "spec.ceOverrides.extensions": st.dictionaries(
            names.map("x{}".format).map(lambda name: name[:20]), st.none() | names, max_size=5
        ),
        "spec.checkpointConfig": st.none()
        | st.dictionaries(
            st.sampled_from(["maxAgeSeconds", "periodSeconds"]),
            st.none() | st.integers(min_value=0, max_value=86400),
        ),
        "spec.payloadEncoding": st.sampled_from([None, "application/xml", "APPLICATION/json"]),
    },
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(changes=sources)
def test_an_admitted_manifest_is_admitted_unchanged(schemas, source, changes):
    admitted = schemas.admit(source(changes))

    assert schemas.admit(admitted) == admitted


@given(
    changes=st.dictionaries(
        st.sampled_from(["spec", "spec.address", "spec.sink", "spec.ceOverrides", "spec.x", "y"]),
        json_values,
        max_size=1,
    )
)
def test_admission_never_fails_otherwise_and_leaves_its_argument_untouched(
    refusal, source, changes
):
    manifest = source(changes)
    before = copy.deepcopy(manifest)

    refusal(manifest)

    assert manifest == before
