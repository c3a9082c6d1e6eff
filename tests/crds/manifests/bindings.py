"""Changes to a valid VSphereBinding, and what is said to it then."""

import pytest

from . import vcenters

SUBJECT = {"apiVersion": "apps/v1", "kind": "Deployment"}
EITHER = "spec.subject: must have either name or selector, and not both"
LABEL_NAME = "must have label names, like app or example.com/team"
LABEL_VALUE = 'must be a label value, letters, digits, "-", "_" and ".", like my-app'
EMPTY = (
    "spec.subject.selector: must have matchLabels or matchExpressions: an empty one would bind"
    " every workload of the kind in the namespace"
)
VALUES = "must have values with In and NotIn, and none with Exists and DoesNotExist"


def by(selector):
    return {"spec.subject": SUBJECT | {"selector": selector}}


def by_expression(**expression):
    return by({"matchExpressions": [{"key": "app"} | expression]})


ADMITTED = [
    *vcenters.ADMITTED,
    pytest.param({}, id="by name"),
    pytest.param({"spec.subject.namespace": "default"}, id="with its namespace"),
    pytest.param({"spec.subject.name": "app.v2"}, id="name with a dot"),
    pytest.param({"spec.skipTLSVerify": True}, id="TLS not verified"),
    pytest.param(by({"matchLabels": {"app": "", "example.com/Team": "A_1.b"}}), id="labels"),
    pytest.param(by_expression(operator="In", values=["a", "b"]), id="label in"),
    pytest.param(by_expression(operator="NotIn", values=[""]), id="label not in"),
    pytest.param(by_expression(operator="Exists"), id="label exists"),
    pytest.param(by_expression(operator="DoesNotExist", values=[]), id="no such label"),
]

REFUSED = [
    *vcenters.REFUSED,
    pytest.param({"spec": ...}, ["spec: is required"], id="no spec"),
    pytest.param(
        {"spec": {}},
        [
            "spec.address: is required",
            "spec.secretRef: is required",
            "spec.subject: is required",
        ],
        id="empty spec",
    ),
    pytest.param(
        {"spec.subject": {}},
        ["spec.subject.apiVersion: is required", "spec.subject.kind: is required"],
        id="empty subject",
    ),
    pytest.param({"spec.subject": SUBJECT}, [EITHER], id="neither name nor selector"),
    pytest.param(
        {"spec.subject.selector": {"matchLabels": {"app": "web"}}},
        [EITHER],
        id="both name and selector",
    ),
    pytest.param(by({}), [EMPTY], id="empty selector"),
    pytest.param(
        by({"matchLabels": {}, "matchExpressions": []}), [EMPTY], id="selector of nothing"
    ),
    pytest.param(
        {
            "spec.subject": {
                "apiVersion": "apps/V1",
                "kind": "",
                "namespace": "a.b",
                "name": "App",
            }
        },
        [
            "spec.subject.apiVersion: must be an API version, like v1 or apps/v1",
            "spec.subject.kind: must be a kind, like Deployment or Job",
            (
                "spec.subject.namespace: must be the name of a namespace, lower-case letters,"
                ' digits and "-", like default'
            ),
            (
                "spec.subject.name: must be the name of a workload, lower-case letters, digits,"
                ' "-" and ".", like my-app'
            ),
        ],
        id="subject that cannot be",
    ),
    pytest.param({"spec.secretRef": {}}, ["spec.secretRef.name: is required"], id="no Secret name"),
    pytest.param(
        {"spec.address": "http:///sdk"},
        [
            (
                "spec.address: must be an http or https URL with a host,"
                " like https://vcenter.example.com"
            )
        ],
        id="address without host",
    ),
    pytest.param(
        by({"matchLabels": {"a b": "c d"}}),
        [
            f"spec.subject.selector.matchLabels: {LABEL_NAME}",
            f"spec.subject.selector.matchLabels.a b: {LABEL_VALUE}",
        ],
        id="labels that cannot be",
    ),
    pytest.param(
        by({"app": "web"}),
        ["spec.subject.selector.app: is not a known field"],
        id="labels straight in the selector",
    ),
    pytest.param(
        by_expression(key="-", operator="In", values=["a", "?"]),
        [
            (
                "spec.subject.selector.matchExpressions[0].key: must be a label name,"
                " like app or example.com/team"
            ),
            f"spec.subject.selector.matchExpressions[0].values[1]: {LABEL_VALUE}",
        ],
        id="expression on labels that cannot be",
    ),
    pytest.param(
        by({"matchExpressions": [{}]}),
        [
            "spec.subject.selector.matchExpressions[0].key: is required",
            "spec.subject.selector.matchExpressions[0].operator: is required",
        ],
        id="empty expression",
    ),
    pytest.param(
        by_expression(operator="in", values=[1]),
        [
            (
                "spec.subject.selector.matchExpressions[0].operator: must be one of"
                " In, NotIn, Exists, DoesNotExist"
            ),
            "spec.subject.selector.matchExpressions[0].values[0]: must be of type string",
        ],
        id="unknown operator",
    ),
    pytest.param(
        by_expression(operator="In", values=[]),
        [f"spec.subject.selector.matchExpressions[0]: {VALUES}"],
        id="in nothing",
    ),
    pytest.param(
        by_expression(operator="Exists", values=["a"]),
        [f"spec.subject.selector.matchExpressions[0]: {VALUES}"],
        id="exists with values",
    ),
    pytest.param(
        by({"matchExpressions": [{"key": "a", "operator": "Exists"}] * 33}),
        ["spec.subject.selector.matchExpressions: must have at most 32 items"],
        id="too many expressions",
    ),
]
