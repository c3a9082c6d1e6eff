"""The Node object: there, ready, and alive as long as its Lease is renewed."""

import datetime as dt

from .api import APPLY, Api, Object

HEARTBEAT_SECONDS = 10.0
LEASE_SECONDS = 40

MANAGER = "fieldManager=kubelet&force=true"


def register(api: Api, name: str, now: dt.datetime) -> None:
    """Make *name* a node that is ready to run pods."""
    node: Object = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
    path = f"/api/v1/nodes/{name}"
    room = {"cpu": "8", "memory": "8Gi", "pods": "1000"}
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "KubeletReady",
        "message": "It runs pods as processes.",
        "lastHeartbeatTime": f"{now:%FT%TZ}",
        "lastTransitionTime": f"{now:%FT%TZ}",
    }
    status = {"capacity": room, "allocatable": room, "conditions": [ready]}
    api.call("PATCH", f"{path}?{MANAGER}", node, content_type=APPLY)
    api.call("PATCH", f"{path}/status?{MANAGER}", {**node, "status": status}, content_type=APPLY)


def renew(api: Api, name: str, now: dt.datetime) -> None:
    """Say that the node is alive, for the next `LEASE_SECONDS`."""
    namespace = "kube-node-lease"
    lease: Object = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "holderIdentity": name,
            "leaseDurationSeconds": LEASE_SECONDS,
            "renewTime": f"{now:%FT%T.%fZ}",
        },
    }
    path = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/{name}"
    api.call("PATCH", f"{path}?{MANAGER}", lease, content_type=APPLY)
