"""One valid manifest of each kind, and how to change it."""

from tests.manifests import edited

SOURCE = {
    "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
    "kind": "VSphereSource",
    "metadata": {"name": "events", "namespace": "default"},
    "spec": {
        "address": "https://vcenter.example.com",
        "secretRef": {"name": "vsphere-credentials"},
        "sink": {"ref": {"apiVersion": "v1", "kind": "Service", "name": "printer"}},
    },
}
BINDING = {
    "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
    "kind": "VSphereBinding",
    "metadata": {"name": "credentials", "namespace": "default"},
    "spec": {
        "address": "https://vcenter.example.com",
        "secretRef": {"name": "vsphere-credentials"},
        "subject": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "app"},
    },
}


def source(changes=None):
    """Make a valid source with *changes*: path to new value, `...` to remove the field."""
    return edited(SOURCE, changes or {})


def binding(changes=None):
    """Make a valid binding with *changes*, like `source`."""
    return edited(BINDING, changes or {})
