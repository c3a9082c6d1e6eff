"""Workloads of every kind that can be bound, and what a binding makes of them."""

import copy
import dataclasses

ADDRESS = "https://vcenter.example.com"
IMAGE = "registry.example.com/nobody/knows:1"
"""No node has it: pods of it wait."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind that can be bound, and what its spec needs beside the template."""

    api_version: str
    kind: str
    pod: dict
    spec: dict = dataclasses.field(default_factory=dict)

    @property
    def plural(self):
        return f"{self.kind.lower()}s"

    def workload(self, namespace, name, *, labels, pod, **spec):
        """One of this kind; its pods have the label `app`."""
        template = {"metadata": {"labels": {"app": name}}, "spec": pod or self.pod}
        given = copy.deepcopy({**self.spec, "template": template, **spec})
        if "selector" in given:
            given["selector"] = {"matchLabels": {"app": name}}
        metadata = {"name": name, "namespace": namespace, "labels": {"name": name, **labels}}
        return {
            "apiVersion": self.api_version,
            "kind": self.kind,
            "metadata": metadata,
            "spec": given,
        }


POD = {
    "initContainers": [{"name": "first", "image": IMAGE}],
    "containers": [
        {"name": "app", "image": IMAGE, "env": [{"name": "LOG_LEVEL", "value": "info"}]},
        {"name": "sidecar", "image": IMAGE},
    ],
}
NAMELESS = {"containers": [{"image": IMAGE}]}
SELECTED = {"selector": {}}
KINDS = {
    kind.kind: kind
    for kind in (
        Kind(api_version="apps/v1", kind="Deployment", pod=POD, spec=SELECTED),
        Kind(api_version="apps/v1", kind="StatefulSet", pod=POD, spec=SELECTED),
        Kind(api_version="apps/v1", kind="DaemonSet", pod=POD, spec=SELECTED),
        Kind(
            api_version="batch/v1",
            kind="Job",
            pod={**POD, "restartPolicy": "Never"},
            spec={"suspend": True},
        ),
        Kind(api_version="serving.knative.dev/v1", kind="Service", pod=NAMELESS),
        Kind(api_version="serving.knative.dev/v1", kind="Configuration", pod=POD),
        # An extra subject, as metacontroller/components/extra-subjects has it.
        Kind(api_version="example.com/v1", kind="Worker", pod=POD),
    )
}


def bound_pod(pod, *, address=ADDRESS, secret="credentials"):
    """The pod spec *pod*, which has none of this yet, with all that a binding puts in."""

    def bound(container):
        env = [
            {"name": "VC_URL", "value": address},
            {"name": "VC_INSECURE", "value": "false"},
            *(
                {
                    "name": f"VC_{key.upper()}",
                    "valueFrom": {"secretKeyRef": {"name": secret, "key": key}},
                }
                for key in ("username", "password")
            ),
        ]
        mount = {"name": "vsphere-binding", "mountPath": "/var/bindings/vsphere", "readOnly": True}
        return {
            **container,
            "env": [*container.get("env", []), *env],
            "volumeMounts": [*container.get("volumeMounts", []), mount],
        }

    volume = {"name": "vsphere-binding", "secret": {"secretName": secret, "defaultMode": 0o644}}
    containers = {
        field: [bound(container) for container in pod[field]]
        for field in ("initContainers", "containers")
        if field in pod
    }
    return {**pod, **containers, "volumes": [*pod.get("volumes", []), volume]}
