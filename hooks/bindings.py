"""The VSphereBindings of a namespace, listed anew for each admission request.

Nothing is kept: a Job that is created right after its binding, by one `kubectl apply`, has to be
bound by it, and nobody could say whether a cache has seen that binding yet.
"""

import logging
import re

from .cluster import Cluster, ClusterError
from .model import GROUP, RequestError
from .subjects import VSphereBinding

LOG = logging.getLogger("hooks")

TIMEOUT_SECONDS = 1.0
"""The API server waits for 2 s, and is to hear that the list failed."""


class Bindings:
    """Lists the bindings of a namespace; call it for that."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._trouble = ""

    def __call__(self, namespace: str) -> list[VSphereBinding] | None:
        """Return all bindings in *namespace*, None if they cannot be listed now.

        Raises `RequestError` for what is no name of a namespace, and could lead elsewhere.
        """
        if not re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", namespace):
            raise RequestError(f"{namespace!r} is no name of a namespace.")
        path = f"/apis/{GROUP}/v1alpha1/namespaces/{namespace}/vspherebindings"
        try:
            found = self._cluster.get(path)["items"]
        except ClusterError as error:
            if str(error) != self._trouble:
                LOG.warning("The VSphereBindings of a namespace cannot be listed: %s", error)
            self._trouble = str(error)
            return None
        self._trouble = ""
        return VSphereBinding.readable(found)
