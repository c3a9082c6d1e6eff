"""What admission does to every kind: defaults, metadata, and rules that cannot be evaluated."""

import copy

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from standalone.cel import UnsupportedRuleError
from standalone.schema import Schemas
from tests.crds.manifests import defaults, every_kind
from tests.crds.manifests.valid import binding, source


@pytest.mark.parametrize(("given_fields", "filled"), defaults.DEFAULTED)
def test_a_source_gets_its_defaults(schemas, given_fields, filled):
    manifest = source()
    required = copy.deepcopy(manifest["spec"])
    manifest["spec"] |= given_fields

    assert schemas.admit(manifest) == manifest | {"spec": required | defaults.DEFAULTS | filled}


def test_a_binding_gets_its_defaults(schemas):
    manifest = binding()
    expected = manifest | {"spec": manifest["spec"] | {"skipTLSVerify": False}}

    assert schemas.admit(manifest) == expected


def test_the_kinds_are_those_of_the_project(schemas):
    assert schemas.kinds == {"VSphereSource", "VSphereBinding"}


def test_an_object_as_kubectl_prints_it_is_admitted(schemas):
    manifest = source(
        {
            "metadata.uid": "1c2f",
            "metadata.generation": 3,
            "metadata.labels": {"app": "a"},
            "metadata.managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}],
            "status.conditions": [{"type": "Ready", "status": "True"}],
            "status.ceAttributes": [
                {"type": "com.vmware.vsphere.A.v0", "source": "https://vc/sdk"}
            ],
            "status.adapter": {
                "streaming": "True",
                "refusedEvents": 1,
                "lastRefused": {"id": "7", "type": "A", "code": 400},
                "eventSource": "https://vc/sdk",
                "eventTypes": ["com.vmware.vsphere.A.v0"],
            },
        }
    )

    assert schemas.admit(manifest)["status"] == manifest["status"]


@pytest.mark.parametrize(("changes", "problem"), every_kind.REFUSED)
def test_what_every_kind_has_is_checked_too(refusal, changes, problem):
    assert refusal(source(changes)) == f"VSphereSource {problem}"


@pytest.mark.parametrize(("status", "problems"), every_kind.STATUSES_REFUSED)
def test_the_status_of_both_kinds_is_checked_too(refusal, status, problems):
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
            {"rule": "has(self.a) || self.b.upperAscii() == ''"},
            "has(self.a) || self.b.upperAscii() == '': upperAscii is not supported",
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


def test_a_rule_that_fails_refuses_the_manifest(crds, tmp_path):
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
def test_an_admitted_manifest_is_admitted_unchanged(schemas, changes):
    admitted = schemas.admit(source(changes))

    assert schemas.admit(admitted) == admitted


@given(
    changes=st.dictionaries(
        st.sampled_from(["spec", "spec.address", "spec.sink", "spec.ceOverrides", "spec.x", "y"]),
        json_values,
        max_size=1,
    )
)
def test_admission_never_fails_otherwise_and_leaves_its_argument_untouched(refusal, changes):
    manifest = source(changes)
    before = copy.deepcopy(manifest)

    refusal(manifest)

    assert manifest == before
