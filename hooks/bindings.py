"""The VSphereBindings of a namespace, listed anew for each admission request.

No list is used for a request that came after it had begun: a Job that is created right after its
binding, by one `kubectl apply`, has to be bound by it, and nobody could say whether an older list
has that binding. What is kept is how a text was understood.
"""

import functools
import json
import logging
import re
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from .cluster import Cluster, ClusterError
from .model import GROUP, RequestError
from .subjects import VSphereBinding

LOG = logging.getLogger("hooks")

TIMEOUT_SECONDS = 1.0
"""The API server waits for 2 s, and is to hear that the list failed."""

LANES = 8
"""A namespace has its lane, so that those of a slow one are not in the way of most others."""
LISTS = 4
"""So many are under way at once in a lane.

More would delay each other while the API server computes; fewer would do so while it waits, for up
to 0.1 s, until it knows that what it would list is the newest.
"""


class Bindings:
    """Lists the bindings of a namespace; call it for that."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._lanes = [ThreadPoolExecutor(LISTS, f"lists-{number}") for number in range(LANES)]
        self._lock = threading.Lock()
        self._next: dict[str, Future[list[VSphereBinding]]] = {}
        self._fails = False

    def __call__(self, namespace: str) -> list[VSphereBinding] | None:
        """Return all bindings in *namespace*, None if they cannot be listed in time.

        Raises `RequestError` for what is no name of a namespace, and could lead elsewhere.
        """
        if not re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", namespace):
            raise RequestError(f"{namespace!r} is no name of a namespace.")
        try:
            found = self._begun_from_now_on(namespace).result(TIMEOUT_SECONDS)
        except (ClusterError, TimeoutError) as error:
            trouble = str(error) or f"there was no answer within {TIMEOUT_SECONDS:g} s."
            if not self._fails:
                LOG.warning("The VSphereBindings of a namespace cannot be listed: %s", trouble)
            self._fails = True
            return None
        self._fails = False
        return found

    def _begun_from_now_on(self, namespace: str) -> Future[list[VSphereBinding]]:
        """Return a list that has not begun yet; all who wait for it to begin share it."""
        with self._lock:
            if namespace not in self._next:
                lane = self._lanes[hash(namespace) % LANES]
                self._next[namespace] = lane.submit(self._list, namespace)
            return self._next[namespace]

    def _list(self, namespace: str) -> list[VSphereBinding]:
        with self._lock:
            del self._next[namespace]
        path = f"/apis/{GROUP}/v1alpha1/namespaces/{namespace}/vspherebindings"
        found: list[VSphereBinding] = self._cluster.get(path, decode=_understood)
        return found


def _understood(text: bytes) -> list[VSphereBinding]:
    """Read a list, or recall it: all but its own revision, at its end, often stays."""
    head, name, tail = text.rpartition(b'"resourceVersion":')
    return _read(head + name + b'""}}' if re.fullmatch(rb'\s*"\d*"}}\s*', tail) else text)


@functools.lru_cache(maxsize=16)
def _read(text: bytes) -> list[VSphereBinding]:
    return VSphereBinding.readable(json.loads(text)["items"])
