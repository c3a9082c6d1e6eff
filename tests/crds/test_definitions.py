"""What the two CRDs promise to kubectl, to Knative and to their readers."""

import json
from pathlib import Path

import pytest
import yaml
from pyVmomi import vim

CRDS = Path(__file__).parents[2] / "crds"
READY = '.status.conditions[?(@.type=="Ready")]'
DESTINATION = {
    "ref.apiVersion": 317,
    "ref.kind": 63,
    "ref.namespace": 63,
    "ref.name": 253,
    "uri": 2048,
    "CACerts": 65536,
}
AGE = ("Age", "date", ".metadata.creationTimestamp")


@pytest.fixture(params=["VSphereSource", "VSphereBinding"])
def crd(request, crds):
    return crds[request.param]


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (
            "VSphereSource",
            {
                "kind": "VSphereSource",
                "listKind": "VSphereSourceList",
                "plural": "vspheresources",
                "singular": "vspheresource",
                "shortNames": ["vss"],
                "categories": ["all", "knative", "vsphere", "sources"],
            },
        ),
        (
            "VSphereBinding",
            {
                "kind": "VSphereBinding",
                "listKind": "VSphereBindingList",
                "plural": "vspherebindings",
                "singular": "vspherebinding",
                "shortNames": ["vsb"],
                "categories": ["all", "knative", "vsphere"],
            },
        ),
    ],
)
def test_the_names_are_those_that_users_know(crds, kind, names):
    assert crds[kind]["spec"]["names"] == names
    assert crds[kind]["metadata"]["name"] == f"{names['plural']}.sources.tanzu.vmware.com"


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        (
            "VSphereSource",
            [
                ("Source", "string", ".spec.address"),
                ("Sink", "string", ".status.sinkUri"),
                ("Ready", "string", f"{READY}.status"),
                ("Reason", "string", f"{READY}.reason"),
                AGE,
            ],
        ),
        (
            "VSphereBinding",
            [
                ("Ready", "string", f"{READY}.status"),
                ("Reason", "string", f"{READY}.reason"),
                ("Bound", "integer", ".status.bound"),
                AGE,
            ],
        ),
    ],
)
def test_kubectl_get_shows_what_matters(crds, kind, columns):
    [version] = crds[kind]["spec"]["versions"]

    assert version["additionalPrinterColumns"] == [
        dict(zip(("name", "type", "jsonPath"), column, strict=True)) for column in columns
    ]


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        (
            "VSphereSource",
            {
                "app.kubernetes.io/part-of": "vsphere-sources",
                "duck.knative.dev/source": "true",
                "eventing.knative.dev/source": "true",
                "knative.dev/crd-install": "true",
            },
        ),
        ("VSphereBinding", {"app.kubernetes.io/part-of": "vsphere-sources"}),
    ],
)
def test_the_labels_say_what_a_kind_is_to_knative(crds, kind, labels):
    assert crds[kind]["metadata"]["labels"] == labels


def test_the_one_version_has_a_status_of_its_own(crd):
    [version] = crd["spec"]["versions"]

    assert (version["name"], version["served"], version["storage"]) == ("v1alpha1", True, True)
    assert version["subresources"] == {"status": {}}
    assert (crd["spec"]["group"], crd["spec"]["scope"]) == (
        "sources.tanzu.vmware.com",
        "Namespaced",
    )


def test_every_field_is_described(crd):
    # Kubernetes allows no description of metadata.
    silent = [
        path
        for path, schema in fields(crd)
        if path != ".metadata" and not schema.get("description")
    ]

    assert silent == []


@pytest.mark.parametrize(
    ("kind", "bounds"),
    [
        (
            "VSphereSource",
            {
                ".spec.address": 2048,
                ".spec.secretRef.name": 253,
                **{
                    f"{sink}.{field}": most
                    for sink in (".spec.sink", ".spec.delivery.deadLetterSink")
                    for field, most in DESTINATION.items()
                },
                ".spec.delivery.timeout": 32,
                ".spec.delivery.backoffDelay": 32,
                ".spec.delivery.retryAfterMax": 32,
                ".spec.ceOverrides.extensions": 32,
                ".spec.ceOverrides.extensions.additionalProperties": 1024,
                ".spec.payloadEncoding": 32,
                ".spec.serviceAccountName": 253,
            },
        ),
        (
            "VSphereBinding",
            {
                ".spec.address": 2048,
                ".spec.secretRef.name": 253,
                ".spec.subject.apiVersion": 317,
                ".spec.subject.kind": 63,
                ".spec.subject.namespace": 63,
                ".spec.subject.name": 253,
                ".spec.subject.selector.matchLabels": 32,
                ".spec.subject.selector.matchLabels.additionalProperties": 63,
                ".spec.subject.selector.matchExpressions": 32,
                ".spec.subject.selector.matchExpressions.items.key": 317,
                ".spec.subject.selector.matchExpressions.items.values": 32,
                ".spec.subject.selector.matchExpressions.items.values.items": 63,
            },
        ),
    ],
)
def test_what_rules_read_is_bounded_because_an_api_server_limits_their_cost(crds, kind, bounds):
    keywords = ("maxLength", "maxItems", "maxProperties")

    assert {
        path: schema[keyword]
        for path, schema in fields(crds[kind])
        for keyword in keywords
        if keyword in schema
    } == bounds


def test_every_rule_has_a_message_that_says_what_must_be(crd):
    mute = [
        rule
        for _, schema in fields(crd)
        for rule in schema.get("x-kubernetes-validations", ())
        if not rule.get("message", "").startswith("must ")
    ]

    assert mute == []


def test_every_keyword_is_one_that_admission_without_a_cluster_knows(crd):
    known = {
        *("description", "type", "properties", "required", "items", "additionalProperties"),
        *("default", "enum", "format", "minimum", "maximum"),
        *("maxLength", "maxItems", "maxProperties"),
        *("x-kubernetes-validations", "x-kubernetes-list-type", "x-kubernetes-list-map-keys"),
    }

    assert {keyword for _, schema in fields(crd) for keyword in schema} <= known


def test_both_kinds_name_a_vcenter_in_the_same_words(crds):
    source, binding = (
        crds[kind]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
        for kind in ("VSphereSource", "VSphereBinding")
    )

    for name in ("address", "skipTLSVerify", "secretRef"):
        assert source["properties"][name] == binding["properties"][name]


def test_the_listed_event_types_are_types_of_real_events(crds):
    listed = event_types(crds)
    classes = [entry["type"].removeprefix("com.vmware.vsphere.")[: -len(".v0")] for entry in listed]

    assert [entry["type"] for entry in listed] == [
        f"com.vmware.vsphere.{name}.v0" for name in classes
    ]
    assert all(issubclass(getattr(vim.event, name), vim.event.Event) for name in classes)
    assert len(set(classes)) >= 12


def test_the_list_of_event_types_says_that_it_is_not_exhaustive(crds):
    assert "not exhaustive" in event_types(crds)[-1]["description"]


def test_the_kustomization_installs_every_crd():
    kustomization = yaml.safe_load((CRDS / "kustomization.yaml").read_text())

    assert sorted(kustomization["resources"]) == sorted(
        file.name for file in CRDS.glob("vsphere*.yaml")
    )


def event_types(crds):
    return json.loads(
        crds["VSphereSource"]["metadata"]["annotations"]["registry.knative.dev/eventTypes"]
    )


def fields(crd):
    """Yield path and schema of every field, the object itself first."""
    [version] = crd["spec"]["versions"]
    left = [("", version["schema"]["openAPIV3Schema"])]
    for path, schema in left:
        yield path, schema
        left += [(f"{path}.{name}", field) for name, field in schema.get("properties", {}).items()]
        left += [
            (f"{path}.{name}", schema[name])
            for name in ("items", "additionalProperties")
            if name in schema
        ]
