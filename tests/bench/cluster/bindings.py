"""Many Deployments that bindings select, made by one impatient client."""

import itertools
import json
import time
from concurrent.futures import ThreadPoolExecutor

from standalone.kubelet.api import MERGE

from .sources import CONNECTIONS, GROUP, Client

ADDRESS, OTHER_ADDRESS = "https://vcenter.example.com", "https://other.example.com"
DEPLOYMENTS = "/apis/apps/v1"
LABEL = "bound-by"


def bind(cluster, count, *, among):
    """Create *count* bindings in each of these namespaces, each for what has its name as label."""
    client = Client(cluster.api)
    names = [(namespace, f"binding-{number}") for namespace in among for number in range(count)]
    for namespace, name in names:
        client.post(f"{GROUP}/namespaces/{namespace}/vspherebindings", _binding(namespace, name))
    return names


def turns(among, count):
    """Take *among* by turns, *count* times."""
    return itertools.islice(itertools.cycle(among), count)


def deploy(cluster, homes, *, connections=CONNECTIONS, pause=0.0, dry_run=False):
    """Create one Deployment for each of *homes*, a namespace and the binding that selects it.

    Returns the seconds that each took, and what was stored.
    """
    client, query = Client(cluster.api), "?dryRun=All" if dry_run else ""

    def create(numbered):
        number, (namespace, binding) = numbered
        item = _deployment(namespace, f"workload-{number}", binding)
        time.sleep(pause)
        began = time.perf_counter()
        stored = client.post(f"{DEPLOYMENTS}/namespaces/{namespace}/deployments{query}", item)
        return time.perf_counter() - began, stored

    with ThreadPoolExecutor(connections) as threads:
        return list(threads.map(create, enumerate(homes)))


def readdress(cluster, namespace, name):
    """Give one binding another address."""
    path = f"{GROUP}/namespaces/{namespace}/vspherebindings/{name}"
    cluster.api.call("PATCH", path, {"spec": {"address": OTHER_ADDRESS}}, content_type=MERGE)


def unbind(cluster, namespace):
    """Delete all bindings of a namespace."""
    cluster.api.call("DELETE", f"{GROUP}/namespaces/{namespace}/vspherebindings")


def deployments(cluster):
    """All Deployments."""
    return cluster.get(f"{DEPLOYMENTS}/deployments")["items"]


def bound(items, address=ADDRESS):
    """How many of these Deployments are bound to *address*."""
    return sum({"name": "VC_URL", "value": address} in _environment(item) for item in items)


def unready(cluster):
    """The bindings whose status is not, of their present spec, that all is bound."""
    return [
        f"{item['metadata']['namespace']}/{item['metadata']['name']}: {json.dumps(status)}"
        for item in cluster.get(f"{GROUP}/vspherebindings")["items"]
        if (status := item.get("status", {})).get("observedGeneration")
        != item["metadata"]["generation"]
        or not status.get("bound")
        or [condition["status"] for condition in status["conditions"]] != ["True"]
    ]


def _environment(item):
    return item["spec"]["template"]["spec"]["containers"][0].get("env", [])


def _binding(namespace, name):
    return {
        "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
        "kind": "VSphereBinding",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "subject": {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "selector": {"matchLabels": {LABEL: name}},
            },
            "address": ADDRESS,
            "secretRef": {"name": "credentials"},
        },
    }


def _deployment(namespace, name, binding):
    container = {
        "name": "app",
        "image": "registry.example.com/team/app:1",
        "env": [{"name": "LOG_LEVEL", "value": "info"}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": {LABEL: binding}},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [container]},
            },
        },
    }
