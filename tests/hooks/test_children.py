"""The objects of a source, whole: every field that is not here belongs to somebody else."""

import json

import pytest
import yaml

PEM = """-----BEGIN CERTIFICATE-----
MIIB
-----END CERTIFICATE-----"""

MINIMAL = """
apiVersion: v1
kind: ServiceAccount
metadata:
  name: vcenter-adapter
  namespace: default
  labels: {vspheresources.sources.tanzu.vmware.com/name: vcenter}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: vcenter-adapter
  namespace: default
  labels: {vspheresources.sources.tanzu.vmware.com/name: vcenter}
rules:
- apiGroups: [""]
  resources: [configmaps]
  resourceNames: [vcenter-configmap]
  verbs: [get, create, patch]
- apiGroups: [sources.tanzu.vmware.com]
  resources: [vspheresources]
  resourceNames: [vcenter]
  verbs: [get]
- apiGroups: [sources.tanzu.vmware.com]
  resources: [vspheresources/status]
  resourceNames: [vcenter]
  verbs: [patch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: vcenter-adapter
  namespace: default
  labels: {vspheresources.sources.tanzu.vmware.com/name: vcenter}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: vcenter-adapter}
subjects:
- {kind: ServiceAccount, name: vcenter-adapter, namespace: default}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: vcenter-adapter
  namespace: default
  labels: {vspheresources.sources.tanzu.vmware.com/name: vcenter}
spec:
  replicas: 1
  strategy: {type: Recreate}
  selector:
    matchLabels: {vspheresources.sources.tanzu.vmware.com/name: vcenter}
  template:
    metadata:
      labels: {vspheresources.sources.tanzu.vmware.com/name: vcenter}
    spec:
      serviceAccountName: vcenter-adapter
      terminationGracePeriodSeconds: 30
      securityContext:
        runAsNonRoot: true
        seccompProfile: {type: RuntimeDefault}
      containers:
      - name: adapter
        image: registry.example.com/adapter:1
        env:
        - {name: VC_URL, value: "https://vcenter.example.com"}
        - {name: VC_INSECURE, value: "false"}
        - {name: NAMESPACE, value: default}
        - {name: NAME, value: vcenter}
        - {name: SOURCE_UID, value: 2fa9d7cf-cc9e-4452-81a5-8030e3b9c7d3}
        - {name: K_SINK, value: "http://events.example.com/in"}
        - {name: VSPHERE_KVSTORE_CONFIGMAP, value: vcenter-configmap}
        - {name: VSPHERE_CHECKPOINT_CONFIG, value: '{"maxAge":"5m0s","period":"10s"}'}
        - {name: VSPHERE_PAYLOAD_ENCODING, value: application/xml}
        ports:
        - {name: metrics, containerPort: 9090}
        livenessProbe:
          httpGet: {path: /healthz, port: 9090}
          periodSeconds: 10
        readinessProbe:
          httpGet: {path: /readyz, port: 9090}
          periodSeconds: 10
        resources:
          requests: {cpu: 50m, memory: 64Mi}
          limits: {memory: 256Mi}
        securityContext:
          allowPrivilegeEscalation: false
          capabilities: {drop: [ALL]}
          readOnlyRootFilesystem: true
        volumeMounts:
        - {name: vsphere-binding, mountPath: /var/bindings/vsphere, readOnly: true}
      volumes:
      - name: vsphere-binding
        secret:
          secretName: vsphere-credentials
          optional: true
          items:
          - {key: username, path: username}
          - {key: password, path: password}
"""

EVERYTHING = {
    "metadata.name": "f" * 63,
    "metadata.namespace": "events-team",
    "spec.address": "https://[2001:db8::1]:8443/sdk",
    "spec.skipTLSVerify": True,
    "spec.secretRef.name": "vc.prod",
    "spec.sink": {
        "ref": {"apiVersion": "v1", "kind": "Service", "name": "events", "namespace": "other"},
        "uri": "/in",
        "CACerts": PEM,
    },
    "spec.ceOverrides": {"extensions": {"site": "Köln", "env": ""}},
    "spec.checkpointConfig": {"maxAgeSeconds": 90061, "periodSeconds": 0},
    "spec.payloadEncoding": "Application/JSON",
    "spec.serviceAccountName": "shared",
    "spec.delivery": {
        "timeout": "PT10S",
        "retry": 5,
        "backoffPolicy": "linear",
        "backoffDelay": "PT0.5S",
        "retryAfterMax": "PT0S",
        "inFlight": 8,
        "ordering": "strict",
        "deadLetterSink": {
            "ref": {"apiVersion": "v1", "kind": "Service", "name": "dead"},
            "uri": "/in?price=$(NAME)",
            "CACerts": "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----",
        },
    },
}
FULL = """
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: fffffffffffffffffffffff105d7597f637e83cc711605ac3ea4957-adapter
  namespace: events-team
  labels: {vspheresources.sources.tanzu.vmware.com/name: &name NAME}
rules:
- apiGroups: [""]
  resources: [configmaps]
  resourceNames: [fffffffffffffffffffff105d7597f637e83cc711605ac3ea4957-configmap]
  verbs: [get, create, patch]
- apiGroups: [sources.tanzu.vmware.com]
  resources: [vspheresources]
  resourceNames: [*name]
  verbs: [get]
- apiGroups: [sources.tanzu.vmware.com]
  resources: [vspheresources/status]
  resourceNames: [*name]
  verbs: [patch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: fffffffffffffffffffffff105d7597f637e83cc711605ac3ea4957-adapter
  namespace: events-team
  labels: {vspheresources.sources.tanzu.vmware.com/name: NAME}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: fffffffffffffffffffffff105d7597f637e83cc711605ac3ea4957-adapter
subjects:
- {kind: ServiceAccount, name: shared, namespace: events-team}
""".replace("NAME", "f" * 63)
FULL_ENV = {
    "VC_URL": "https://[2001:db8::1]:8443/sdk",
    "VC_INSECURE": "true",
    "NAMESPACE": "events-team",
    "NAME": "f" * 63,
    "SOURCE_UID": "2fa9d7cf-cc9e-4452-81a5-8030e3b9c7d3",
    "K_SINK": "https://events.other.svc.cluster.local/in",
    "K_CA_CERTS": PEM,
    "VSPHERE_DELIVERY_CONFIG": '{"backoffDelay":"PT0.5S","backoffPolicy":"linear",'
    '"deadLetterSink":{"CACerts":"-----BEGIN CERTIFICATE-----\\nMIIC\\n-----END CERTIFICATE-----",'
    '"uri":"https://dead.events-team.svc.cluster.local/in?price=$$(NAME)"},"inFlight":8,'
    '"ordering":"strict","retry":5,"retryAfterMax":"PT0S","timeout":"PT10S"}',
    "K_CE_OVERRIDES": '{"extensions":{"env":"","site":"K\\u00f6ln"}}',
    "VSPHERE_KVSTORE_CONFIGMAP": "f" * 21 + "105d7597f637e83cc711605ac3ea4957-configmap",
    "VSPHERE_CHECKPOINT_CONFIG": '{"maxAge":"25h1m1s","period":"0s"}',
    "VSPHERE_PAYLOAD_ENCODING": "application/json",
}


@pytest.fixture
def deployment(sync):
    """The adapter's Deployment for a source with *changes*."""
    return lambda changes=None: sync(changes).children[-1]


def test_a_source_with_what_it_must_have_becomes_these_objects(sync):
    assert sync().children == list(yaml.safe_load_all(MINIMAL))


def test_no_dollar_sign_is_left_for_the_kubelet_to_expand(deployment):
    changes = {
        "spec.sink": {"uri": "http://example.com/$(NAME)"},
        "spec.ceOverrides": {"extensions": {"price": "US$"}},
    }

    [container] = deployment(changes)["spec"]["template"]["spec"]["containers"]

    env = {item["name"]: item["value"] for item in container["env"]}
    assert env["K_SINK"] == "http://example.com/$$(NAME)"
    assert env["K_CE_OVERRIDES"] == '{"extensions":{"price":"US$$"}}'


def test_a_source_with_everything_becomes_these_objects(sync):
    *rights, _ = sync(EVERYTHING).children

    assert rights == list(yaml.safe_load_all(FULL))


def test_a_source_with_everything_becomes_this_deployment(deployment):
    *_, expected = yaml.safe_load_all(MINIMAL)
    labels = {"vspheresources.sources.tanzu.vmware.com/name": "f" * 63}
    name = "f" * 23 + "105d7597f637e83cc711605ac3ea4957-adapter"
    expected["metadata"] = {"name": name, "namespace": "events-team", "labels": labels}
    expected["spec"]["selector"] = {"matchLabels": labels}
    template = expected["spec"]["template"]
    template["metadata"] = {"labels": labels}
    template["spec"]["serviceAccountName"] = "shared"
    template["spec"]["volumes"][0]["secret"]["secretName"] = "vc.prod"
    template["spec"]["containers"][0]["env"] = [
        {"name": name, "value": value} for name, value in FULL_ENV.items()
    ]

    assert deployment(EVERYTHING) == expected


def test_fields_stand_in_a_fixed_order(sync):
    """Whoever compares or hashes the text of an answer finds it the same."""
    turned = dict(reversed(EVERYTHING.items()))
    turned["spec.ceOverrides"] = {"extensions": {"env": "", "site": "Köln"}}
    turned["spec.delivery"] = dict(reversed(EVERYTHING["spec.delivery"].items()))

    assert json.dumps(sync(turned).to_object()) == json.dumps(sync(EVERYTHING).to_object())


def test_only_a_source_without_a_service_account_gets_its_own(sync):
    with_own = [child["kind"] for child in sync().children]
    with_given = [child["kind"] for child in sync({"spec.serviceAccountName": "mine"}).children]

    assert with_own == ["ServiceAccount", "Role", "RoleBinding", "Deployment"]
    assert with_given == ["Role", "RoleBinding", "Deployment"]


def test_an_empty_service_account_name_is_none(sync):
    assert sync({"spec.serviceAccountName": ""}).children == sync().children


def test_two_sources_select_different_pods(deployment):
    selectors = [
        deployment({"metadata.name": name})["spec"]["selector"]["matchLabels"]
        for name in ("f" * 64 + "a", "f" * 64 + "b")
    ]

    assert selectors[0] != selectors[1]


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        pytest.param(0, "0s", id="nothing"),
        pytest.param(59, "59s", id="seconds"),
        pytest.param(60, "1m0s", id="a minute"),
        pytest.param(3599, "59m59s", id="minutes and seconds"),
        pytest.param(3600, "1h0m0s", id="an hour"),
        pytest.param(31536000, "8760h0m0s", id="a year"),
    ],
)
def test_durations_are_written_as_go_does(deployment, seconds, written):
    changes = {"spec.checkpointConfig": {"maxAgeSeconds": seconds, "periodSeconds": 5}}
    [container] = deployment(changes)["spec"]["template"]["spec"]["containers"]

    assert {
        "name": "VSPHERE_CHECKPOINT_CONFIG",
        "value": f'{{"maxAge":"{written}","period":"5s"}}',
    } in container["env"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"spec.ceOverrides": {}}, id="no overrides"),
        pytest.param({"spec.ceOverrides": {"extensions": {}}}, id="no extensions"),
        pytest.param({"spec.delivery": {}}, id="nothing about delivery"),
    ],
)
def test_what_is_not_given_is_no_variable(deployment, changes):
    assert deployment(changes) == deployment()
