"""Which kinds the cluster serves: looked up again and again, handed on as a value.

This needs no rights that not every service account has (ClusterRole `system:discovery`).
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .cluster import Cluster, ClusterError
from .model import NotReadyError, ServedKind, ServedKinds

LOG = logging.getLogger("hooks")

REFRESH_SECONDS = 30.0
RETRY_SECONDS = 2.0
TIMEOUT_SECONDS = 10.0

_ACCEPT = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


class DiscoveryError(Exception):
    """The API server cannot be asked now."""


def served_kinds(documents: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], ServedKind]:
    """Read aggregated discovery documents (`APIGroupDiscoveryList`, apidiscovery.k8s.io/v2).

    A group lists the version that it prefers first, and that one is taken. Raises
    `DiscoveryError` for anything else that a server may answer.
    """
    served: dict[tuple[str, str], ServedKind] = {}
    try:
        for group in (group for document in documents for group in document["items"]):
            for version in group["versions"]:
                for resource in version.get("resources", []):
                    kind = (resource.get("responseKind") or {}).get("kind", "")
                    found = ServedKind(version=version["version"], plural=resource["resource"])
                    served.setdefault((group["metadata"].get("name", ""), kind), found)
    except (AttributeError, KeyError, TypeError) as error:
        raise DiscoveryError(f"the answer is no APIGroupDiscoveryList ({error!r})") from error
    return served


class Discovery:
    """Holds what *fetch* found last; call it for that."""

    def __init__(
        self, fetch: Callable[[], ServedKinds], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._asked = float("-inf")
        self._served: ServedKinds | None = None
        self._trouble = ""

    def __call__(self) -> ServedKinds:
        """Return what was found last; raises `NotReadyError` before the first time."""
        if self._served is None:
            raise NotReadyError("The kinds that this cluster serves are not known yet.")
        return self._served

    def refresh(self) -> bool:
        """Look up again, and say whether that worked; what was known stays known."""
        self._asked = self._clock()
        try:
            self._served = self._fetch()
        except DiscoveryError as error:
            if str(error) != self._trouble:
                LOG.warning("The kinds that this cluster serves cannot be looked up: %s", error)
            self._trouble = str(error)
            return False
        self._trouble = ""
        return True

    def look_again(self) -> None:
        """Refresh now, unless that was done a moment ago."""
        if self._clock() - self._asked >= RETRY_SECONDS:
            self.refresh()

    def run(self, wait: Callable[[float], object]) -> None:
        """Refresh for ever, in a thread of its own."""
        while True:
            wait(REFRESH_SECONDS if self.refresh() else RETRY_SECONDS)


def from_api_server(cluster: Cluster) -> Discovery:
    """Begin to ask *cluster*, again and again."""
    discovery = Discovery(lambda: look_up(cluster))
    threading.Thread(
        target=discovery.run, args=(threading.Event().wait,), name="discovery", daemon=True
    ).start()
    return discovery


def look_up(cluster: Cluster) -> ServedKinds:
    """Ask *cluster* now; raises `DiscoveryError`."""
    try:
        return served_kinds([cluster.get(path, accept=_ACCEPT) for path in ("/api", "/apis")])
    except ClusterError as error:
        raise DiscoveryError(str(error)) from error
