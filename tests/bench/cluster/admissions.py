"""What the webhook costs a request: Deployments created as a dry run, with it in the way or not."""

import collections
import contextlib
import ssl
import statistics
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from .bindings import bind, bound, deploy, turns, unbind
from .meters import quantile, samples
from .processes import Stopwatch
from .sources import Client, namespaces

EXCLUDED = {"bindings.knative.dev/exclude": "true"}
WEBHOOK = "vspherebindings.sources.tanzu.vmware.com"
SERIES = "apiserver_admission_webhook_admission_duration_seconds"
ROUTE = "/admission/workload"
WARM_UP = 50
AT_ONCE = (1, 4, 32)
BUSY_SECONDS = 0.05
"""How often others write something where others write."""


class Admissions:
    """Sends requests that leave nothing behind, and times them."""

    def __init__(self, installation):
        self._cluster = installation.cluster
        self._webhook = f"https://127.0.0.1:{installation.webhook_port}/metrics"

    def measure(self, count, *, bindings):
        """Time *count* requests each: without the webhook, with no binding, and with *bindings*.

        And a quarter of that, for each takes long, while somebody else writes something else.
        """
        [outside] = namespaces(self._cluster, "outside", 1, **EXCLUDED)
        [lonely] = namespaces(self._cluster, "lonely", 1)
        [crowd] = namespaces(self._cluster, "crowd", 1)
        names = bind(self._cluster, bindings, among=[crowd])
        self._cluster.eventually(lambda: bound([self._series(1, names)["stored"][0]]))
        places = {
            "webhook not asked": [(outside, "binding-0")],
            "no binding in the namespace": [(lonely, "binding-0")],
            f"{bindings} bindings in the namespace": names,
        }
        figures = {
            f"{what}, {at_once} at once": self._figures(count, among, at_once)
            for what, among in places.items()
            for at_once in AT_ONCE
        }
        with self._others(outside):
            figures |= {
                f"{what}, others write": self._figures(count // 4, among, 1)
                for what, among in places.items()
            }
        unbind(self._cluster, crowd)
        return figures

    def _figures(self, count, among, at_once):
        self._series(WARM_UP, among, connections=at_once)
        server, webhook = self._of_server(), self._of_webhook()
        began, watch = time.monotonic(), Stopwatch()
        series = self._series(count, among, connections=at_once)
        elapsed, others = time.monotonic() - began, watch.read()["others_share"]
        server, webhook = self._of_server() - server, self._of_webhook() - webhook
        cuts = statistics.quantiles(series["seconds"], n=100, method="inclusive")
        return {
            "requests": count,
            "bound": bound(series["stored"]),
            "per_s": count / elapsed,
            "p50_ms": 1000 * cuts[49],
            "p99_ms": 1000 * cuts[98],
            "longest_ms": 1000 * max(series["seconds"]),
            "server_mean_ms": 1000 * server["sum"] / (server["count"] or 1),
            "webhook_p50_ms": quantile(webhook, 0.5),
            "others_share": others,
        }

    @contextlib.contextmanager
    def _others(self, namespace):
        """Create ConfigMaps."""
        client, done = Client(self._cluster.api), threading.Event()
        item = {"metadata": {"generateName": "busy-"}, "data": {"key": "value"}}

        def write():
            while not done.wait(BUSY_SECONDS):
                client.post(f"/api/v1/namespaces/{namespace}/configmaps", item)

        with ThreadPoolExecutor() as threads:
            writing = threads.submit(write)
            try:
                yield
            finally:
                done.set()
            writing.result()

    def _series(self, count, among, **options):
        done = deploy(self._cluster, turns(among, count), dry_run=True, **options)
        return {"seconds": [took for took, _ in done], "stored": [item for _, item in done]}

    def _of_server(self):
        """What the API server says it has waited for the webhook."""
        page = self._cluster.kubectl("get", "--raw", "/metrics")
        return collections.Counter(
            {
                part: sum(
                    value
                    for labels, value in samples(page, f"{SERIES}_{part}")
                    if labels["name"] == WEBHOOK
                )
                for part in ("count", "sum")
            }
        )

    def _of_webhook(self):
        """What the webhook says it has worked: limit in seconds -> requests within it."""
        # Its certificate is for the name of a Service.
        trust = ssl._create_unverified_context()  # noqa: SLF001
        with urllib.request.urlopen(self._webhook, context=trust) as response:
            page = response.read().decode()
        buckets = collections.Counter()
        for labels, value in samples(page, "vsphere_hooks_request_seconds_bucket"):
            if labels["route"] == ROUTE:
                buckets[float(labels["le"])] += value
        return buckets
