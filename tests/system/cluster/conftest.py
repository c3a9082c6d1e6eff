"""As much of an API server as an adapter needs: its ConfigMap, and its source's status."""

import base64
import datetime as dt
import functools
import http.server
import json
import threading

import pytest

from standalone.simulator import certificate

TOKEN = "t0ken-of-the-adapter"
SOURCE = "/apis/sources.tanzu.vmware.com/v1alpha1/namespaces/prod/vspheresources/lab"
SOURCE_UID = "0b7c5ad6-source"


def configuration(url, authority):
    cluster = {
        "server": url,
        "certificate-authority-data": base64.b64encode(authority.encode()).decode(),
    }
    return {
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "test", "user": {"token": TOKEN}}],
    }


class ApiServer:
    """Serves the ConfigMap at *path* to who has the token; `edit` is what somebody else does.

    And the source at `SOURCE`: `reports` is all that was ever written into its `status.adapter`.
    `odd` holds what is read once instead, by path.
    """

    def __init__(self, path, kubeconfig):
        self.configmap = None
        self.reports = []
        self.odd = {}
        self.path, self.source = path, SOURCE
        self._edited = False
        authority, tls = certificate.self_signed(dt.datetime.now(dt.UTC))
        self._server = http.server.HTTPServer(("127.0.0.1", 0), self._handler())
        self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        url = f"https://127.0.0.1:{self._server.server_port}"
        kubeconfig.write_text(json.dumps(configuration(url, authority)))
        self.environment = {"KUBECONFIG": str(kubeconfig)}
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def checkpoint(self):
        return json.loads(self.configmap["data"]["checkpoint"])

    def edit(self, checkpoint, **metadata):
        """Write the ConfigMap as another field manager."""
        self._edited = True
        self._store({"metadata": metadata, "data": {"checkpoint": json.dumps(checkpoint)}})

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self):
        api_server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self._answer({api_server.path: api_server.get, SOURCE: api_server.read_source})

            def do_PATCH(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                force = "force=true" in self.path
                apply = functools.partial(api_server.apply, body, force=force)
                report = functools.partial(api_server.report, body)
                self._answer({api_server.path: apply, f"{SOURCE}/status": report})

            def _answer(self, served):
                path, _, _ = self.path.partition("?")
                allowed = self.headers["Authorization"] == f"Bearer {TOKEN}"
                known = allowed and path in served
                status, body = served[path]() if known else (403, {"message": "no"})
                if self.command == "GET" and path in api_server.odd:
                    status, body = 200, api_server.odd.pop(path)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *_args):
                pass

        return Handler

    def get(self):
        if self.configmap is None:
            return 404, {"message": "not found"}
        return 200, self.configmap

    def read_source(self):
        return 200, {"status": {"adapter": self.reports[-1]} if self.reports else {}}

    def report(self, patch):
        """Take a JSON patch of the source's status."""
        test, add = patch
        assert test == {"op": "test", "path": "/metadata/uid", "value": SOURCE_UID}
        assert (add["op"], add["path"]) == ("add", "/status/adapter")
        self.reports.append(add["value"])
        return self.read_source()

    def apply(self, applied, *, force):
        version = applied["metadata"].pop("resourceVersion", self._version)
        if version != self._version or (self._edited and not force):
            return 409, {"message": "conflict"}
        self._edited = False
        self._store(applied)
        return 200, self.configmap

    @property
    def _version(self):
        return self.configmap["metadata"]["resourceVersion"] if self.configmap else "0"

    def _store(self, written):
        metadata = self.configmap["metadata"] if self.configmap else {}
        following = {"resourceVersion": str(int(self._version) + 1)}
        self.configmap = {
            "metadata": {**metadata, **written["metadata"], **following},
            "data": written["data"],
        }


@pytest.fixture
def api_server(tmp_path):
    server = ApiServer("/api/v1/namespaces/prod/configmaps/lab-configmap", tmp_path / "kubeconfig")
    yield server
    server.close()
