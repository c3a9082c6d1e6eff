"""As much of an API server as a checkpoint needs, as a process that can be out of reach.

Server-side apply of the one ConfigMap: who wrote the checkpoint last owns it, and another manager
that does not force meets a conflict; a resourceVersion that is not the present one does, too.
"""

import base64
import contextlib
import datetime as dt
import functools
import json
import threading

from standalone.server import Response, Server
from standalone.simulator import certificate

from .peer import serve

TOKEN = "t0ken-of-the-adapter"
CONFIGMAP = "/api/v1/namespaces/prod/configmaps/lab-configmap"
SOURCE = "/apis/sources.tanzu.vmware.com/v1alpha1/namespaces/prod/vspheresources/lab"


class ApiServer:
    """What the harness calls."""

    def __init__(self):
        self._lock = threading.Lock()
        self._data, self._owner, self._version = None, "", 0
        self._metadata, self._status = {}, {}
        self._authority, self._tls = certificate.self_signed(dt.datetime.now(dt.UTC))
        self._server = Server(self._respond, port=0, tls=self._tls)
        self._port = self._server.port

    def kubeconfig(self):
        """What an adapter needs to reach it, as JSON (which is YAML)."""
        cluster = {
            "server": f"https://127.0.0.1:{self._port}",
            "certificate-authority-data": base64.b64encode(self._authority.encode()).decode(),
        }
        return json.dumps(
            {
                "current-context": "lab",
                "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
                "clusters": [{"name": "lab", "cluster": cluster}],
                "users": [{"name": "lab", "user": {"token": TOKEN}}],
            }
        )

    def close(self):
        """Refuse connections."""
        self._server.close()

    def open(self):
        """Serve again, with what was stored before."""
        self._server = Server(self._respond, port=self._port, tls=self._tls)

    def checkpoint(self):
        """What the ConfigMap holds, or None if there is none."""
        with self._lock:
            return self._data and self._data["checkpoint"]

    def edit(self, checkpoint):
        """Write another checkpoint, as somebody with kubectl does."""
        with self._lock:
            self._store({"checkpoint": checkpoint}, owner="kubectl")

    def delete(self):
        """Delete the ConfigMap."""
        with self._lock:
            self._data, self._owner, self._metadata = None, "", {}

    def _respond(self, request):
        path, _, query = request.path.partition("?")
        if request.headers["Authorization"] != f"Bearer {TOKEN}":
            return _answer(401, {"message": "Unauthorized"})
        served = {
            ("GET", CONFIGMAP): self._get,
            ("PATCH", CONFIGMAP): lambda: self._apply(request.body, force="force=true" in query),
            ("GET", SOURCE): self._read_source,
            ("PATCH", f"{SOURCE}/status"): lambda: self._report(request.body),
        }
        forbidden = functools.partial(_answer, 403, {"message": "Forbidden"})
        with self._lock:
            return served.get((request.method, path), forbidden)()

    def _get(self):
        if self._data is None:
            return _answer(404, {"message": "not found"})
        return _answer(200, self._configmap())

    def _read_source(self):
        return _answer(200, {"status": self._status})

    def _report(self, patch):
        self._status = {"adapter": json.loads(patch)[-1]["value"]}
        return self._read_source()

    def _apply(self, body, *, force):
        applied = json.loads(body)
        version = applied["metadata"].pop("resourceVersion", None)
        edited = self._owner not in {"", "adapter"} and self._data != applied["data"]
        if (version not in {None, str(self._version)}) or (edited and not force):
            return _answer(409, {"message": "conflict"})
        existed = self._data is not None
        self._metadata = applied["metadata"]
        self._store(applied["data"], owner="adapter")
        return _answer(200 if existed else 201, self._configmap())

    def _store(self, data, *, owner):
        self._version += 1
        self._data, self._owner = data, owner

    def _configmap(self):
        metadata = {**self._metadata, "resourceVersion": str(self._version)}
        return {"metadata": metadata, "data": self._data}


def _answer(status, body):
    return Response(status=status, body=json.dumps(body).encode())


if __name__ == "__main__":
    with contextlib.closing(ApiServer()) as api_server:
        serve(api_server)
