"""Workloads and bindings as an API server hands them out, and how to change them."""

from tests.manifests import edited

ADDRESS = "https://vcenter.example.com"
SECRET = "vsphere-credentials"
DECORATION = "sources.tanzu.vmware.com/vsphere-binding"
ORIGINAL = "sources.tanzu.vmware.com/vsphere-binding-original"
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "app", "namespace": "default", "labels": {"app": "web"}, "generation": 1},
    "spec": {
        "replicas": 2,
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "app", "image": "example.com/app"}]},
        },
    },
}
BINDING = {
    "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
    "kind": "VSphereBinding",
    "metadata": {
        "name": "credentials",
        "namespace": "default",
        "generation": 3,
        "creationTimestamp": "2026-05-01T10:00:00Z",
    },
    "spec": {
        "address": ADDRESS,
        "skipTLSVerify": False,
        "secretRef": {"name": SECRET},
        "subject": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "app"},
    },
}
JOB = {"apiVersion": "batch/v1", "kind": "Job"}
KNATIVE_SERVICE = {"apiVersion": "serving.knative.dev/v1", "kind": "Service"}
CONFIGURATION = {"apiVersion": "serving.knative.dev/v1", "kind": "Configuration"}


def workload(changes=None):
    """Make a Deployment with *changes*: path to new value, `...` to remove the field."""
    return edited(DEPLOYMENT, changes or {})


def binding(changes=None):
    """Make a binding of that Deployment with *changes*, like `workload`."""
    return edited(BINDING, changes or {})


def controlled_by(api_version, kind):
    """Say that a workload is made by such an object, named `maker`."""
    owner = {"apiVersion": api_version, "kind": kind, "name": "maker", "controller": True}
    return {"metadata.ownerReferences": [owner]}
