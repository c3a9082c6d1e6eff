"""Calls to a Kubernetes API server: JSON in, JSON out."""

import http.client
import json
import ssl
import urllib.parse
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]

TIMEOUT_SECONDS = 10.0

JSON = "application/json"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
STRATEGIC_MERGE = "application/strategic-merge-patch+json"


class ApiError(Exception):
    """The API server refused a call, or cannot be reached (status 0)."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Api:
    """One API server, as the owner of *token* sees it."""

    url: str
    authority: str
    """Path of the certificate to trust."""
    token: str = field(repr=False)

    def get(self, path: str) -> Object:
        """Read the object or list at *path*."""
        return self.call("GET", path)

    def call(
        self, method: str, path: str, body: Object | None = None, *, content_type: str = JSON
    ) -> Object:
        """Make one call and return the decoded answer; raises `ApiError`."""
        status, answer = self._exchange(method, path, body, content_type)
        decoded: Object = json.loads(answer) if answer.startswith(b"{") else {}
        if status >= http.HTTPStatus.BAD_REQUEST:
            raise ApiError(decoded.get("message", f"{method} {path}: {status}"), status=status)
        return decoded

    def kubeconfig(self) -> Object:
        """Say the same in the form that Kubernetes' own programs read."""
        cluster = {"server": self.url, "certificate-authority": self.authority}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "this",
            "contexts": [{"name": "this", "context": {"cluster": "this", "user": "this"}}],
            "clusters": [{"name": "this", "cluster": cluster}],
            "users": [{"name": "this", "user": {"token": self.token}}],
        }

    def _exchange(
        self, method: str, path: str, body: Object | None, content_type: str
    ) -> tuple[int, bytes]:
        parts = urllib.parse.urlsplit(self.url)
        context = ssl.create_default_context(cafile=self.authority)
        connection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS, context=context
        )
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type}
        try:
            connection.request(method, path, json.dumps(body) if body else None, headers)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise ApiError(f"{self.url} cannot be reached: {error}") from error
        finally:
            connection.close()
