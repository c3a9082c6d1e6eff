"""Changes to a valid VSphereSource, and what is said to it then."""

import pytest

from . import deliveries, sinks, vcenters
from .vcenters import ADDRESS, SECRET

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

ADMITTED = [
    *vcenters.ADMITTED,
    *sinks.ADMITTED,
    *deliveries.ADMITTED,
    pytest.param({}, id="address, Secret and sink are enough"),
    pytest.param({"spec.address": "http://10.0.0.1"}, id="address: http and IPv4"),
    pytest.param({"spec.address": "HTTPS://VCENTER"}, id="address: upper case"),
    pytest.param({"spec.address": "https://vc:65535/sdk?x=y"}, id="address: highest port"),
    pytest.param({"spec.skipTLSVerify": True}, id="TLS not verified"),
    pytest.param({"spec.secretRef.name": "vc.prod-1"}, id="secret: dots and dashes"),
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
]

REFUSED = [
    *vcenters.REFUSED,
    *sinks.REFUSED,
    *deliveries.REFUSED,
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
        {"spec.sink.audience": "a"},
        ["spec.sink.audience: is not a known field"],
        id="field that no code honours yet",
    ),
    *(
        pytest.param(
            {"spec.ceOverrides.extensions": {name: "x"}},
            [f"spec.ceOverrides.extensions: {problem}"],
            id=f"extension: {name}",
        )
        for problem, names in (
            (EXTENSION_NAME, ("", "a" * 21, "Env", "my-env", "my_env", "é", "a b")),
            (EXTENSION_TAKEN, ("id", "source", "specversion", "type", "time", "subject")),
            (EXTENSION_TAKEN, ("datacontenttype", "dataschema", "data")),
        )
        for name in names
    ),
]
