"""The objects that run a source's adapter, holding only the fields we mean to own.

They are canonical: no nulls and nothing empty, in a fixed order, so that Metacontroller finds
nothing to write when nothing has changed.
"""

import json
from collections.abc import Mapping

from . import injection, names
from .model import GROUP, Object, Settings, VSphereSource
from .sinks import Resolved

NAME_LABEL = f"vspheresources.{GROUP}/name"
CONTAINER = "adapter"
METRICS_PORT = 9090
TARGETS = ("K_SINK", "K_CA_CERTS", "VSPHERE_DELIVERY_CONFIG")
"""The variables that tell the adapter of its sinks."""
STOP_SECONDS = 30
"""Longer than the 10 s in which the adapter itself finishes what is in flight."""


def rights(source: VSphereSource) -> list[Object]:
    """The adapter's identity and what it may do: its one ConfigMap, its own source's status."""
    account = source.service_account_name or names.service_account(source.name)
    role = {
        **_header("rbac.authorization.k8s.io/v1", "Role", names.role(source.name), source),
        "rules": [
            {
                "apiGroups": [""],
                "resources": ["configmaps"],
                "resourceNames": [names.checkpoint(source.name)],
                "verbs": ["get", "create", "patch"],
            },
            {
                "apiGroups": [GROUP],
                "resources": ["vspheresources"],
                "resourceNames": [source.name],
                "verbs": ["get"],
            },
            {
                "apiGroups": [GROUP],
                "resources": ["vspheresources/status"],
                "resourceNames": [source.name],
                "verbs": ["patch"],
            },
        ],
    }
    binding = {
        **_header("rbac.authorization.k8s.io/v1", "RoleBinding", names.role(source.name), source),
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "Role",
            "name": names.role(source.name),
        },
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": source.namespace}],
    }
    if source.service_account_name:
        return [role, binding]
    own_account = _header("v1", "ServiceAccount", names.service_account(source.name), source)
    return [own_account, role, binding]


def sink_env(sink: Resolved) -> dict[str, str]:
    """Tell the adapter where events go."""
    return {"K_SINK": sink.uri, "K_CA_CERTS": sink.ca_certs or ""}


def delivery_env(source: VSphereSource, dead_letter_sink: Resolved | None) -> dict[str, str]:
    """Tell the adapter how to deliver, and where those go that the sink does not take."""
    config: Object = dict(source.delivery)
    if dead_letter_sink is not None:
        config["deadLetterSink"] = {"uri": dead_letter_sink.uri}
        if dead_letter_sink.ca_certs:
            config["deadLetterSink"]["CACerts"] = dead_letter_sink.ca_certs
    return {"VSPHERE_DELIVERY_CONFIG": _json(config) if config else ""}


def deployment(source: VSphereSource, targets: Mapping[str, str], *, settings: Settings) -> Object:
    """The adapter's Deployment, with *targets* as of `sink_env` and `delivery_env`."""
    account = source.service_account_name or names.service_account(source.name)
    return {
        **_header("apps/v1", "Deployment", names.deployment(source.name), source),
        "spec": {
            "replicas": 1,
            # Two adapters at once would send every event twice.
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": _labels(source)},
            "template": {
                "metadata": {"labels": _labels(source)},
                "spec": {
                    "serviceAccountName": account,
                    "terminationGracePeriodSeconds": STOP_SECONDS,
                    "securityContext": {
                        "runAsNonRoot": True,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "containers": [_container(source, targets, settings)],
                    "volumes": [injection.credentials_volume(source.secret_name)],
                },
            },
        },
    }


def _container(source: VSphereSource, targets: Mapping[str, str], settings: Settings) -> Object:
    def probe(path: str) -> Object:
        return {"httpGet": {"path": path, "port": METRICS_PORT}, "periodSeconds": 10}

    return {
        "name": CONTAINER,
        "image": settings.adapter_image,
        "env": _env(source, targets),
        "ports": [{"name": "metrics", "containerPort": METRICS_PORT}],
        "livenessProbe": probe("/healthz"),
        "readinessProbe": probe("/readyz"),
        "resources": {
            "requests": {"cpu": "50m", "memory": "64Mi"},
            "limits": {"memory": "256Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [injection.credentials_mount()],
    }


def _env(source: VSphereSource, targets: Mapping[str, str]) -> list[Object]:
    """The adapter's environment: with the mounted Secret, the only contract of the two images."""
    checkpoint = {
        "maxAge": _go_duration(source.max_age_seconds),
        "period": _go_duration(source.period_seconds),
    }
    values = {
        "NAMESPACE": source.namespace,
        "NAME": source.name,
        "SOURCE_UID": source.uid,
        **targets,
        "K_CE_OVERRIDES": _json({"extensions": dict(source.extensions)})
        if source.extensions
        else "",
        "VSPHERE_KVSTORE_CONFIGMAP": names.checkpoint(source.name),
        "VSPHERE_CHECKPOINT_CONFIG": _json(checkpoint),
        "VSPHERE_PAYLOAD_ENCODING": source.payload_encoding,
    }
    # An empty value would be stored as none at all, and be written again at every sync.
    given = [injection.variable(name, value) for name, value in values.items() if value]
    return [
        *injection.address_env(source.address, skip_tls_verify=source.skip_tls_verify),
        *given,
    ]


def _header(api_version: str, kind: str, name: str, source: VSphereSource) -> Object:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": name, "namespace": source.namespace, "labels": _labels(source)},
    }


def _labels(source: VSphereSource) -> Object:
    return {NAME_LABEL: names.label_value(source.name)}


def _go_duration(seconds: int) -> str:
    """Write *seconds* as Go does (`5m0s`), for adapters of either language."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def _json(value: Object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)
