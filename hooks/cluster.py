"""The gate to the API server: raw JSON in and out, `ClusterError` for whatever goes wrong."""

import http
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

import kubernetes
import urllib3

JSON = "application/json"
MERGE_PATCH = "application/strategic-merge-patch+json"

POOL_SIZE = 32
"""As many connections are kept as the webhook has lists under way at once."""

_TROUBLE = (
    kubernetes.client.ApiException,
    kubernetes.config.ConfigException,  # the pod's token, which is read again now and then
    urllib3.exceptions.HTTPError,
    OSError,
)


class ClusterError(Exception):
    """The API server cannot be asked now, or does not do what it is asked."""


class ConflictError(ClusterError):
    """Somebody else was faster: read again, and look what is left to do."""


class Cluster:
    """An API server that answers each request within about *timeout* seconds, or not at all."""

    def __init__(self, client: kubernetes.client.ApiClient, *, timeout: float) -> None:
        self._client = client
        self._timeout = timeout

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], *, timeout: float) -> "Cluster":
        """Name the pod's own API server in a cluster, that of `KUBECONFIG` elsewhere."""
        # Once more, at once: a connection that was kept may have been closed a moment ago. What
        # comes of it is told by whoever asked.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
        retries = urllib3.Retry(total=1, redirect=0, respect_retry_after_header=False)
        configuration = kubernetes.client.Configuration(
            retries=retries, connection_pool_maxsize=POOL_SIZE
        )
        if "KUBERNETES_SERVICE_HOST" in environment:
            kubernetes.config.load_incluster_config(configuration)
        else:
            kubernetes.config.load_kube_config(
                environment.get("KUBECONFIG"), client_configuration=configuration
            )
        return cls(kubernetes.client.ApiClient(configuration), timeout=timeout / 2)

    def get(
        self, path: str, *, accept: str = JSON, decode: Callable[[bytes], Any] = json.loads
    ) -> Any:  # noqa: ANN401  raw JSON
        """Read what is at *path*."""
        headers = {"Accept": accept, "Accept-Encoding": "gzip"}
        return self._ask("GET", path, headers, decode=decode)

    def put(self, path: str, body: object) -> Any:  # noqa: ANN401  raw JSON
        """Replace what is at *path*; raises `ConflictError` if that has changed since."""
        return self._ask("PUT", path, {"Accept": JSON, "Content-Type": JSON}, body)

    def patch(self, path: str, body: object) -> Any:  # noqa: ANN401  raw JSON
        """Merge *body* into what is at *path*, lists by name; raises as `put` does."""
        return self._ask("PATCH", path, {"Accept": JSON, "Content-Type": MERGE_PATCH}, body)

    def _ask(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: object = None,
        *,
        decode: Callable[[bytes], Any] = json.loads,
    ) -> Any:  # noqa: ANN401  raw JSON
        try:
            request = self._client.param_serialize(
                method, path, header_params=headers, body=body, auth_settings=["BearerToken"]
            )
            response = self._client.call_api(*request, _request_timeout=self._timeout)
            answer = response.read()
        except _TROUBLE as error:
            raise ClusterError(f"{method} {path}: {error}") from error
        if response.status != http.HTTPStatus.OK:
            # Not what the answer says: it may repeat what was sent, a private key for one.
            kind = ConflictError if response.status == http.HTTPStatus.CONFLICT else ClusterError
            raise kind(f"{method} {path}: the API server answered {response.status}.")
        try:
            return decode(answer)
        except ValueError as error:
            raise ClusterError(f"{method} {path}: the answer is not JSON.") from error
