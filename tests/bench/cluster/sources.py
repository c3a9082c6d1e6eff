"""Many sources at once, made by one impatient client."""

import http.client
import itertools
import json
import ssl
import threading
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

CONNECTIONS = 4
NAMESPACES = 10
GROUP = "/apis/sources.tanzu.vmware.com/v1alpha1"


class Client:
    """Posts objects over connections that stay open: a handshake costs more than a create."""

    def __init__(self, api):
        self._address = urllib.parse.urlsplit(api.url).netloc
        self._trust = ssl.create_default_context(cafile=api.authority)
        self._headers = {
            "Authorization": f"Bearer {api.token}",
            "Content-Type": "application/json",
        }
        self._own = threading.local()

    def post(self, path, body):
        """Create *body*, and return what was stored."""
        if not hasattr(self._own, "connection"):
            self._own.connection = http.client.HTTPSConnection(self._address, context=self._trust)
        self._own.connection.request("POST", path, json.dumps(body), self._headers)
        with self._own.connection.getresponse() as response:
            answer = response.read().decode()
        if response.status != http.HTTPStatus.CREATED:
            raise SystemExit(f"POST {path}: {response.status}: {answer}")
        return json.loads(answer)


def namespaces(cluster, prefix, count=NAMESPACES, **labels):
    """Make namespaces for many objects; the controllers put things of their own into each."""
    names = [f"{prefix}-{number}" for number in range(count)]
    metadata = ({"name": name, "labels": labels} for name in names)
    cluster.apply(
        *({"apiVersion": "v1", "kind": "Namespace", "metadata": each} for each in metadata)
    )
    for name in names:
        cluster.eventually(
            lambda path=f"/api/v1/namespaces/{name}": (
                cluster.get(f"{path}/serviceaccounts/default")
                and cluster.get(f"{path}/configmaps/kube-root-ca.crt")
            )
        )
    return names


def create(cluster, count, *, among):
    """Create *count* sources in these namespaces, as fast as the API server takes them."""
    client = Client(cluster.api)
    homes = itertools.islice(itertools.cycle(among), count)
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(lambda item: _create(client, *item), enumerate(homes)))


def _create(client, number, namespace):
    name = f"vcenter-{number}"
    source = {
        "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
        "kind": "VSphereSource",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "address": f"https://{name}.example.com",
            "secretRef": {"name": "credentials"},
            "sink": {"ref": {"apiVersion": "v1", "kind": "Service", "name": "events"}},
        },
    }
    client.post(f"{GROUP}/namespaces/{namespace}/vspheresources", source)


def unfinished(cluster):
    """The sources whose status is not of their present spec, or that have no Deployment."""
    sources = cluster.get(f"{GROUP}/vspheresources")["items"]
    deployments = {_place(item) for item in cluster.get("/apis/apps/v1/deployments")["items"]}
    return [
        "/".join(_place(source))
        for source in sources
        if source.get("status", {}).get("observedGeneration") != source["metadata"]["generation"]
        or _place(source, "-adapter") not in deployments
    ]


def _place(item, suffix=""):
    return item["metadata"]["namespace"], item["metadata"]["name"] + suffix
