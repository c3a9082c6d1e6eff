"""What the sink of a VSphereSource may be, and what is said to one that is something else."""

import pytest
import trustme

from .vcenters import ADDRESSES, NO_ADDRESSES

URI = (
    "must be an http or https URL with a host when there is no ref,"
    " like https://events.example.com/in"
)
RELATIVE = "must be relative when there is a ref, like /in"
SINK_USER_INFO = "must not contain a user or password before the host, like user:password@"
REF_NAME = 'must be the name of an object, lower-case letters, digits, "-" and ".", like my-service'
CERTIFICATE = "must hold a certificate in PEM form, starting with -----BEGIN CERTIFICATE-----"

REF = {"apiVersion": "v1", "kind": "Service", "name": "printer"}
PEM = trustme.CA().cert_pem.bytes().decode()


def to_uri(uri):
    return {"spec.sink": {"uri": uri}}


ADMITTED = [
    *(pytest.param(to_uri(uri), id=f"sink: a URL with {case}") for case, uri in ADDRESSES.items()),
    pytest.param({"spec.sink.ref.namespace": "other"}, id="sink: another namespace"),
    pytest.param(
        {"spec.sink.ref": REF | {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker"}},
        id="sink: a Broker",
    ),
    pytest.param(to_uri("https://events.example.com:8080/in?a=b@c"), id="sink: a URL"),
    pytest.param({"spec.sink.uri": "/in?key=1"}, id="sink: a path at a ref"),
    pytest.param({"spec.sink.uri": "in"}, id="sink: a path without slash at a ref"),
    pytest.param({"spec.sink.uri": ""}, id="sink: an empty path at a ref"),
    pytest.param({"spec.sink.CACerts": PEM}, id="sink: a certificate"),
    pytest.param({"spec.sink.CACerts": f"# ours\n{PEM}\n{PEM}"}, id="sink: certificates"),
]

REFUSED = [
    pytest.param({"spec.sink": {}}, ["spec.sink: must have ref, uri or both"], id="no sink"),
    pytest.param(
        {"spec.sink": {"CACerts": "none", "uri": None}},
        ["spec.sink: must have ref, uri or both", f"spec.sink.CACerts: {CERTIFICATE}"],
        id="certificate without sink",
    ),
    pytest.param(
        {"spec.sink.ref": {}, "spec.sink.uri": "/in"},
        [
            "spec.sink.ref.apiVersion: is required",
            "spec.sink.ref.kind: is required",
            "spec.sink.ref.name: is required",
        ],
        id="empty ref beside uri",
    ),
    pytest.param(
        {"spec.sink.ref": {"apiVersion": "a/b/c", "kind": "a b", "namespace": "", "name": "A"}},
        [
            (
                "spec.sink.ref.apiVersion: must be an API version,"
                " like v1 or eventing.knative.dev/v1"
            ),
            "spec.sink.ref.kind: must be a kind, like Service or Broker",
            (
                "spec.sink.ref.namespace: must be the name of a namespace, lower-case letters,"
                ' digits and "-", like default'
            ),
            f"spec.sink.ref.name: {REF_NAME}",
        ],
        id="ref to nothing there could be",
    ),
    pytest.param(
        {"spec.sink.uri": "https://events.example.com"},
        [f"spec.sink.uri: {RELATIVE}"],
        id="absolute uri with ref",
    ),
    pytest.param(
        {"spec.sink.uri": "//events.example.com"},
        [f"spec.sink.uri: {RELATIVE}"],
        id="uri with host and ref",
    ),
    pytest.param({"spec.sink.uri": "/a b"}, [f"spec.sink.uri: {RELATIVE}"], id="blank in a path"),
    pytest.param(to_uri("/in"), [f"spec.sink.uri: {URI}"], id="relative uri without ref"),
    pytest.param(to_uri(""), [f"spec.sink.uri: {URI}"], id="empty uri"),
    pytest.param(to_uri("ftp://host/in"), [f"spec.sink.uri: {URI}"], id="uri for ftp"),
    *(
        pytest.param(to_uri(uri), [f"spec.sink.uri: {problem}"], id=f"uri with {case}")
        for case, (uri, problem) in NO_ADDRESSES.items()
    ),
    pytest.param(to_uri("https:///in"), [f"spec.sink.uri: {URI}"], id="uri without host"),
    pytest.param(
        to_uri("https://user:secret@host/in"),
        [f"spec.sink.uri: {SINK_USER_INFO}"],
        id="uri with password",
    ),
    pytest.param(
        {"spec.sink.CACerts": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"},
        [f"spec.sink.CACerts: {CERTIFICATE}"],
        id="empty certificate with ref only",
    ),
    pytest.param(
        {"spec.sink.CACerts": PEM.replace("CERTIFICATE", "PRIVATE KEY")},
        [f"spec.sink.CACerts: {CERTIFICATE}"],
        id="key for a certificate",
    ),
]
