"""What a VSphereSource may say, and what is said to one that says something else."""

import pytest
import trustme

ADDRESS = "must be an http or https URL with a host, like https://vcenter.example.com"
USER_INFO = 'must not contain "@": user and password belong in the Secret that secretRef names'
SECRET = (
    'must be the name of a Secret, lower-case letters, digits, "-" and ".",'
    " like vsphere-credentials"
)
URI = (
    "must be an http or https URL with a host when there is no ref,"
    " like https://events.example.com/in"
)
RELATIVE = "must be relative when there is a ref, like /in"
SINK_USER_INFO = "must not contain a user or password before the host, like user:password@"
REF_NAME = 'must be the name of an object, lower-case letters, digits, "-" and ".", like my-service'
CERTIFICATE = "must hold a certificate in PEM form, starting with -----BEGIN CERTIFICATE-----"
EXTENSION_NAME = "must have names of 1 to 20 lower-case letters and digits, like environment"
EXTENSION_TAKEN = (
    "must not set what the event itself defines (id, source, specversion, type, time, subject,"
    " datacontenttype, dataschema, data)"
)
ENCODING = "must be application/xml or application/json"
ACCOUNT = (
    'must be the name of a ServiceAccount, lower-case letters, digits, "-" and ".",'
    " like vsphere-adapter"
)

REF = {"apiVersion": "v1", "kind": "Service", "name": "printer"}
PEM = trustme.CA().cert_pem.bytes().decode()


def to_uri(uri):
    return {"spec.sink": {"uri": uri}}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="address, Secret and sink are enough"),
        pytest.param({"spec.address": "http://10.0.0.1"}, id="address: http and IPv4"),
        pytest.param({"spec.address": "https://[2001:db8::1]:8443/sdk"}, id="address: IPv6"),
        pytest.param({"spec.address": "HTTPS://VCENTER"}, id="address: upper case"),
        pytest.param({"spec.address": "https://vc:65535/sdk?x=y"}, id="address: highest port"),
        pytest.param({"spec.skipTLSVerify": True}, id="TLS not verified"),
        pytest.param({"spec.secretRef.name": "vc.prod-1"}, id="secret: dots and dashes"),
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
        pytest.param({"spec.ceOverrides": {}}, id="no overrides"),
        pytest.param(
            {"spec.ceOverrides.extensions": {"a" * 20: "", "env2": "tëst, 1/2", "datax": "d"}},
            id="extensions",
        ),
        pytest.param(
            {"spec.checkpointConfig": {"maxAgeSeconds": 3600, "periodSeconds": 60}},
            id="custom checkpoint config",
        ),
        pytest.param(
            {"spec.checkpointConfig": {"maxAgeSeconds": 31536000, "periodSeconds": 86400}},
            id="longest checkpoint config",
        ),
        pytest.param(
            {"spec.checkpointConfig": {"maxAgeSeconds": 0, "periodSeconds": 0}},
            id="zero checkpoint config",
        ),
        pytest.param({"spec.payloadEncoding": "application/json"}, id="JSON"),
        pytest.param({"spec.payloadEncoding": "Application/JSON"}, id="JSON in upper case"),
        pytest.param({"spec.serviceAccountName": "test-svcacc"}, id="own ServiceAccount"),
        pytest.param({"spec.serviceAccountName": ""}, id="empty ServiceAccount"),
    ],
)
def test_a_valid_source_is_admitted(source, refusal, changes):
    assert refusal(source(changes)) is None


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        pytest.param({"spec": ...}, ["spec: is required"], id="no spec"),
        pytest.param(
            {"spec": {}},
            ["spec.address: is required", "spec.secretRef: is required", "spec.sink: is required"],
            id="empty spec",
        ),
        pytest.param(
            {"spec.address": "", "spec.secretRef": {}},
            ["spec.secretRef.name: is required"],
            id="structure before rules",
        ),
        pytest.param(
            {"spec.address": "", "spec.secretRef.name": ""},
            [f"spec.address: {ADDRESS}", f"spec.secretRef.name: {SECRET}"],
            id="empty address and Secret",
        ),
        pytest.param({"spec.address": 1}, ["spec.address: must be of type string"], id="number"),
        pytest.param(
            {"spec.skipTLSVerify": "yes"},
            ["spec.skipTLSVerify: must be of type boolean"],
            id="text for a truth value",
        ),
        pytest.param(
            {"spec.address": "https://" + "a" * 2048},
            ["spec.address: must have at most 2048 characters"],
            id="address too long",
        ),
        pytest.param(
            {"spec.secretRef": "vsphere-credentials"},
            ["spec.secretRef: must be of type object"],
            id="Secret as text",
        ),
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
        pytest.param(
            {"spec.sink.uri": "/a b"}, [f"spec.sink.uri: {RELATIVE}"], id="blank in a path"
        ),
        pytest.param(to_uri("/in"), [f"spec.sink.uri: {URI}"], id="relative uri without ref"),
        pytest.param(to_uri(""), [f"spec.sink.uri: {URI}"], id="empty uri"),
        pytest.param(to_uri("ftp://host/in"), [f"spec.sink.uri: {URI}"], id="uri for ftp"),
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
        pytest.param(
            {"spec.ceOverrides.extensions": {"env": 1}},
            ["spec.ceOverrides.extensions.env: must be of type string"],
            id="extension with a number",
        ),
        pytest.param(
            {"spec.ceOverrides.extensions": {"env": "a\nb"}},
            [
                (
                    "spec.ceOverrides.extensions.env: must not contain control characters,"
                    " like line breaks"
                )
            ],
            id="extension with a line break",
        ),
        pytest.param(
            {"spec.ceOverrides.extensions": {f"a{number}": "" for number in range(33)}},
            ["spec.ceOverrides.extensions: must have at most 32 entries"],
            id="too many extensions",
        ),
        pytest.param(
            {"spec.ceOverrides.extensions": {"a": "b" * 1025}},
            ["spec.ceOverrides.extensions.a: must have at most 1024 characters"],
            id="extension too long",
        ),
        pytest.param(
            {"spec.checkpointConfig": {"maxAgeSeconds": -10, "periodSeconds": -5}},
            [
                "spec.checkpointConfig.maxAgeSeconds: must be at least 0",
                "spec.checkpointConfig.periodSeconds: must be at least 0",
            ],
            id="negative checkpoint config",
        ),
        pytest.param(
            {"spec.checkpointConfig": {"maxAgeSeconds": 2**63, "periodSeconds": 86401}},
            [
                "spec.checkpointConfig.maxAgeSeconds: must be at most 31536000",
                "spec.checkpointConfig.periodSeconds: must be at most 86400",
            ],
            id="huge checkpoint config",
        ),
        pytest.param(
            {"spec.checkpointConfig": {"maxAgeSeconds": "5m", "periodSeconds": 0.5}},
            [
                "spec.checkpointConfig.maxAgeSeconds: must be of type integer",
                "spec.checkpointConfig.periodSeconds: must be of type integer",
            ],
            id="durations that are no integers",
        ),
        pytest.param(
            {"spec.payloadEncoding": "application/text"},
            [f"spec.payloadEncoding: {ENCODING}"],
            id="unknown encoding",
        ),
        pytest.param(
            {"spec.payloadEncoding": ""}, [f"spec.payloadEncoding: {ENCODING}"], id="no encoding"
        ),
        pytest.param(
            {"spec.serviceAccountName": "My_Account"},
            [f"spec.serviceAccountName: {ACCOUNT}"],
            id="bad ServiceAccount",
        ),
        pytest.param(
            {"spec.vcenter": None, "spec.sink.ref.group": "apps", "status": {"ready": True}},
            [
                "spec.sink.ref.group: is not a known field",
                "spec.vcenter: is not a known field",
                "status.ready: is not a known field",
            ],
            id="unknown fields",
        ),
        pytest.param(
            {"status.adapter": {"streaming": "yes", "refusedEvents": -1}},
            [
                "status.adapter.refusedEvents: must be at least 0",
                "status.adapter.streaming: must be one of True, False, Unknown",
            ],
            id="adapter status that cannot be",
        ),
        pytest.param(
            {"spec.sink.audience": "a", "spec.delivery": {}},
            ["spec.delivery: is not a known field", "spec.sink.audience: is not a known field"],
            id="fields that no code honours yet",
        ),
    ],
)
def test_an_invalid_source_is_refused(source, refusal, changes, problems):
    expected = "\n".join(f'VSphereSource "events": {problem}' for problem in problems)

    assert refusal(source(changes)) == expected


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        pytest.param("vcenter.local", ADDRESS, id="no scheme"),
        pytest.param("vcenter.local:443/sdk", ADDRESS, id="no scheme but a port"),
        pytest.param("ftp://vcenter.local", ADDRESS, id="ftp"),
        pytest.param("https://", ADDRESS, id="nothing but a scheme"),
        pytest.param("https://:443", ADDRESS, id="only a port"),
        pytest.param("http:///sdk", ADDRESS, id="only a path"),
        pytest.param("https://vc:port", ADDRESS, id="port in letters"),
        pytest.param("https://vc:65536", ADDRESS, id="port too high"),
        pytest.param("https://vcenter local", ADDRESS, id="blank in the host"),
        pytest.param("https://vcenter.local/a b", ADDRESS, id="blank in the path"),
        pytest.param("https://vcenter.local\n", ADDRESS, id="line break"),
        pytest.param(" https://vcenter.local", ADDRESS, id="blank in front"),
        pytest.param("https://[vcenter]", ADDRESS, id="brackets without IPv6"),
        pytest.param("https://root:secret@vcenter.local", USER_INFO, id="user and password"),
        pytest.param("https://root@vcenter.local", USER_INFO, id="user"),
        pytest.param("https://root:1/2@vcenter.local", USER_INFO, id="password with a slash"),
    ],
)
def test_an_address_needs_scheme_and_host_and_no_user(source, refusal, address, problem):
    expected = f'VSphereSource "events": spec.address: {problem}'

    assert refusal(source({"spec.address": address})) == expected


@pytest.mark.parametrize("name", ["", "-a", "a-", "a..b", "Credentials", "a_b", "a/b", "ä"])
def test_a_secret_name_is_one_that_a_secret_can_have(source, refusal, name):
    expected = f'VSphereSource "events": spec.secretRef.name: {SECRET}'

    assert refusal(source({"spec.secretRef.name": name})) == expected


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        *((name, EXTENSION_NAME) for name in ("", "a" * 21, "Env", "my-env", "my_env", "é", "a b")),
        *(
            (name, EXTENSION_TAKEN)
            for name in (
                *("id", "source", "specversion", "type", "time", "subject"),
                *("datacontenttype", "dataschema", "data"),
            )
        ),
    ],
)
def test_an_extension_has_a_name_of_its_own(source, refusal, name, problem):
    expected = f'VSphereSource "events": spec.ceOverrides.extensions: {problem}'

    assert refusal(source({"spec.ceOverrides.extensions": {name: "x"}})) == expected
