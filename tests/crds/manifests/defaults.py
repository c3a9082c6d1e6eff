"""What a VSphereSource gets that says nothing, or half of it."""

import pytest

DEFAULTS = {
    "skipTLSVerify": False,
    "checkpointConfig": {"maxAgeSeconds": 300, "periodSeconds": 10},
    "payloadEncoding": "application/xml",
}

DEFAULTED = [
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
]
