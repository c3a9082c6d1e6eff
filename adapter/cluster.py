"""The few calls that the adapter makes to a Kubernetes API server.

The `kubernetes` package would cost 25 MiB and a third of a second for them.
"""

import base64
import contextlib
import functools
import http.client
import json
import ssl
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Object = dict[str, Any]

_MALFORMED = (AttributeError, LookupError, StopIteration, TypeError, ValueError, ssl.SSLError)

TIMEOUT = 5.0
"""Seconds for one call: a stop may have to wait for two, and has 30 s for all."""

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where Kubernetes mounts a pod's own credentials."""


class ApiServerError(Exception):
    """The API server cannot be reached or found; the message says where and why."""


@dataclass(frozen=True, kw_only=True)
class ApiServer:
    """How to call one API server.

    *context* and *token* are asked each time, for authorities and tokens are rotated.
    """

    url: str
    context: Callable[[], ssl.SSLContext]
    token: Callable[[], str]

    def call(
        self,
        method: str,
        path: str,
        body: Object | list[Object] | None = None,
        *,
        content_type: str = "",
    ) -> tuple[int, Object]:
        """Make one call; returns status code and decoded body. Raises `ApiServerError`."""
        headers = {"Accept": "application/json"}
        if content_type:
            headers["Content-Type"] = content_type
        data = None if body is None else json.dumps(body).encode()
        try:
            token = self.token()
            if token:
                headers["Authorization"] = f"Bearer {token}"
            with contextlib.closing(self._connection()) as connection:
                base = urllib.parse.urlsplit(self.url).path.rstrip("/")
                connection.request(method, base + path, data, headers)
                response = connection.getresponse()
                answer = json.loads(response.read() or b"{}")
            # A proxy in between may answer anything.
            return response.status, answer if isinstance(answer, dict) else {}
        except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
            # The words of others, like a plain ValueError, may quote a header with the token in it.
            told = isinstance(error, OSError | http.client.HTTPException)
            why = (str(error) if told else "") or type(error).__name__
            raise ApiServerError(
                f"the API server at {self.url} cannot be reached: {why}"
            ) from error

    def _connection(self) -> http.client.HTTPSConnection:
        parts = urllib.parse.urlsplit(self.url)
        return http.client.HTTPSConnection(
            parts.hostname or "", parts.port or 443, timeout=TIMEOUT, context=self.context()
        )


def find_api_server(
    environment: Mapping[str, str], *, service_account: Path = SERVICE_ACCOUNT
) -> ApiServer:
    """Use the pod's service account in a cluster, `KUBECONFIG` elsewhere.

    Raises `ApiServerError` when there is neither.
    """
    host = environment.get("KUBERNETES_SERVICE_HOST")
    if host:
        port = environment.get("KUBERNETES_SERVICE_PORT", "443")
        name = f"[{host}]" if ":" in host else host
        authority = service_account / "ca.crt"
        context = functools.partial(ssl.create_default_context, cafile=str(authority))
        try:
            context()
        except OSError as error:
            raise ApiServerError(
                f"{authority} cannot be read: {error.strerror}. Mount the service account's token"
            ) from error
        return ApiServer(
            url=f"https://{name}:{port}",
            context=context,
            token=lambda: (service_account / "token").read_text(encoding="ascii").strip(),
        )
    path = environment.get("KUBECONFIG")
    if not path:
        raise ApiServerError(
            "there is no API server: run in a pod, set KUBECONFIG, or keep the checkpoint in a "
            "file (VSPHERE_CHECKPOINT_FILE)"
        )
    return _from_kubeconfig(Path(path))


def _from_kubeconfig(path: Path) -> ApiServer:
    # Only outside a cluster: a pod does not pay for it.
    import yaml  # noqa: PLC0415

    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
        context = _named(config, "contexts", config["current-context"])["context"]
        cluster = _named(config, "clusters", context["cluster"])["cluster"]
        user = _named(config, "users", context["user"])["user"]
        tls = ssl.create_default_context(
            cadata=_content(cluster, "certificate-authority", path) or None
        )
        certificate = _content(user, "client-certificate", path)
        if certificate:
            _load_client_certificate(tls, certificate, _content(user, "client-key", path))
        url, token = cluster["server"].strip(), user.get("token", "").strip()
    except (*_MALFORMED, yaml.YAMLError) as error:
        # Its own words may quote what stands there, and that may be a key.
        raise ApiServerError(
            f"KUBECONFIG {path} cannot be used: it has to be YAML in UTF-8 with a current-context, "
            "its cluster and its user, and certificates and keys in PEM"
        ) from error
    except OSError as error:
        raise ApiServerError(
            f"KUBECONFIG {path}, or a file that it names, cannot be read: {error.strerror}"
        ) from error
    return ApiServer(url=url, context=lambda: tls, token=lambda: token)


def _named(config: Object, kind: str, name: str) -> Object:
    found: Object = next(item for item in config[kind] if item["name"] == name)
    return found


def _content(owner: Object, field: str, config: Path) -> str:
    """Read a kubeconfig's PEM, which stands there itself or in a file beside it."""
    if f"{field}-data" in owner:
        return base64.b64decode(owner[f"{field}-data"]).decode()
    return (config.parent / owner[field]).read_text(encoding="ascii") if field in owner else ""


def _load_client_certificate(tls: ssl.SSLContext, certificate: str, key: str) -> None:
    # As above: only outside a cluster.
    import tempfile  # noqa: PLC0415

    # The ssl module reads a client's key from a file only.
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(f"{certificate}\n{key}")
        file.flush()
        tls.load_cert_chain(file.name)
