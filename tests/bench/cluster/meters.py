"""What is read off while the system works: the metrics of API server and hooks, the audit log."""

import collections
import datetime as dt
import json
import urllib.request
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

READS = {"GET", "LIST", "WATCH", "CONNECT"}
SYNC, CUSTOMIZE = "/vspheresource/sync", "/vspheresource/customize"
NO_HOOKS = {"/healthz", "/readyz", "/metrics", "none"}


def samples(text, name):
    """Every (labels, value) of one series in a page of metrics."""
    return [
        (sample.labels, sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    ]


def api_writes(cluster):
    """How many writes the API server has answered, of everything but signs of life."""
    page = cluster.kubectl("get", "--raw", "/metrics")
    return sum(
        int(value)
        for labels, value in samples(page, "apiserver_request_total")
        if labels["verb"] not in READS and labels["resource"] != "leases"
    )


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """What the hooks, which are one process, have counted since they were started."""

    requests: collections.Counter
    """Route -> requests of Metacontroller, whatever the answer."""
    buckets: collections.Counter
    """Limit in seconds -> syncs answered with 200 within it."""

    @classmethod
    def read(cls, port):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as response:
            page = response.read().decode()
        name = "vsphere_hooks_request_seconds"
        requests, buckets = collections.Counter(), collections.Counter()
        for labels, value in samples(page, f"{name}_count"):
            if labels["route"] not in NO_HOOKS:
                requests[labels["route"]] += int(value)
        for labels, value in samples(page, f"{name}_bucket"):
            if (labels["route"], labels["code"]) == (SYNC, "200"):
                buckets[float(labels["le"])] += int(value)
        return cls(requests=requests, buckets=buckets)

    def since(self, before):
        """What was counted after *before*."""
        return Hooks(
            requests=self.requests - before.requests, buckets=self.buckets - before.buckets
        )

    def sync_within(self, share):
        """Milliseconds within which *share* of the syncs were done."""
        return quantile(self.buckets, share)


def quantile(buckets, share):
    """Milliseconds within which *share* of what is in *buckets* was done, linear inside a bucket.

    As Prometheus' histogram_quantile does it; beyond the last limit (10 s) it is infinite.
    """
    wanted = share * max(buckets.values(), default=0)
    low, below = 0.0, 0
    for limit, count in sorted(buckets.items()):
        if count >= wanted > below:
            part = (wanted - below) / (count - below)
            return 1000 * (low + part * (limit - low))
        low, below = limit, count
    return 0.0


@dataclass(frozen=True, kw_only=True)
class Write:
    """One write that the API server answered."""

    at: dt.datetime
    user: str
    action: str
    """As in `update vspheresources/status`."""
    target: tuple
    refused: bool


class AuditLog:
    """The writes that come after this moment; those of leases are signs of life and left out."""

    def __init__(self, cluster):
        self._path = cluster.audit_log
        self._skip = len(self._lines())

    def writes(self):
        entries = map(json.loads, self._lines()[self._skip :])
        return [
            _write(entry, entry["objectRef"])
            for entry in entries
            if entry["stage"] == "ResponseComplete"
            and entry.get("objectRef", {}).get("resource") not in {None, "leases"}
        ]

    def _lines(self):
        # The last line may be half written, or is empty.
        return self._path.read_text().split("\n")[:-1]


def _write(entry, where):
    kind = "/".join(filter(None, [where["resource"], where.get("subresource")]))
    return Write(
        at=dt.datetime.fromisoformat(entry["stageTimestamp"]),
        user=entry["user"]["username"],
        action=f"{entry['verb']} {kind}",
        target=(where.get("namespace"), where.get("name")),
        refused=entry["responseStatus"]["code"] >= 400,
    )
