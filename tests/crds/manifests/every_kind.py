"""Changes to what every kind has, and what is said to them."""

import pytest

REFUSED = [
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
        '"events": metadata.namespace: must be lower-case letters, digits and "-", like default',
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
    pytest.param({"sink": {}}, '"events": sink: is not a known field', id="field beside the spec"),
]

STATUSES_REFUSED = [
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
]
