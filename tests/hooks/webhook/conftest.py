"""An API server that holds a few objects."""

import contextlib
import copy
import gzip
import http.server
import json
import threading

import pytest
import yaml

from hooks.cluster import Cluster

SECRET = "/api/v1/namespaces/vsphere-sources/secrets/vsphere-webhook-certificate"
CONFIGURATION = (
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/vsphere-sources"
)


class ApiServer:
    """Answers GET, PUT and PATCH as an API server does, from *objects*: path -> object.

    *refuse* tells a status for a method and path that is answered in place of that; before it
    returns, others may be answered.
    """

    def __init__(self):
        self.objects = {}
        self.asked = []
        self.refuse = lambda _method, _path: None
        self.lock = threading.Lock()

    def add(self, path, item):
        self.objects[path] = {**item, "metadata": {"name": path.split("/")[-1]}}
        self._version(path)

    def edit(self, path, **changes):
        """Write as somebody else does."""
        with self.lock:
            self.objects[path] = copy.deepcopy(self.objects[path]) | changes
            self._version(path)

    def answer(self, method, path, body):
        status = self.refuse(method, path)
        with self.lock:
            self.asked.append((method, path))
            if status:
                return status, {"kind": "Status", "message": f"Not with {body}."}
            if path not in self.objects:
                return 404, {"kind": "Status"}
            if body is not None:
                return self._write(path, method, body)
            return 200, self.objects[path]

    def _write(self, path, method, body):
        found = self.objects[path]
        if body["metadata"]["resourceVersion"] != found["metadata"]["resourceVersion"]:
            return 409, {"kind": "Status"}
        if method == "PATCH":
            changes = {webhook["name"]: webhook for webhook in body["webhooks"]}
            body = found | {
                "webhooks": [
                    webhook
                    | {
                        "clientConfig": webhook["clientConfig"]
                        | changes.get(webhook["name"], {}).get("clientConfig", {})
                    }
                    for webhook in found["webhooks"]
                ]
            }
        self.objects[path] = copy.deepcopy(body)
        self._version(path)
        return 200, self.objects[path]

    def _version(self, path):
        metadata = self.objects[path]["metadata"]
        version = str(int(metadata.get("resourceVersion", "0")) + 1)
        self.objects[path]["metadata"] = metadata | {"resourceVersion": version}

    @contextlib.contextmanager
    def serving(self):
        """Yield the URL at which it answers."""
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # somebody hung up
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def handler(api_server):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            status, answer = api_server.answer(self.command, self.path, body)
            text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            if "gzip" in self.headers.get("Accept-Encoding", "") and len(text) > 128 * 1024:
                text = gzip.compress(text)
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(text)))
            # What a busy API server says; nobody can wait for that at admission.
            self.send_header("Retry-After", "30")
            self.end_headers()
            self.wfile.write(text)

        do_PUT = do_PATCH = do_GET  # noqa: N815  named by the standard library

        def log_message(self, *_):
            pass

    return Handler


@pytest.fixture
def api_server():
    """The API server after the manifests were applied."""
    server = ApiServer()
    server.add(SECRET, {"kind": "Secret", "type": "Opaque"})
    webhooks = [{"name": name, "clientConfig": {"service": {}}} for name in ("core", "knative")]
    server.add(CONFIGURATION, {"webhooks": webhooks})
    return server


@pytest.fixture
def kubeconfig(api_server, tmp_path):
    """The environment of somebody who calls it."""
    with api_server.serving() as url:
        config = {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": url}}],
            "users": [{"name": "u", "user": {"token": "t0ken"}}],
        }
        path = tmp_path / "kubeconfig"
        path.write_text(yaml.safe_dump(config))
        yield {"KUBECONFIG": str(path)}


@pytest.fixture
def cluster(kubeconfig):
    return Cluster.from_environment(kubeconfig, timeout=10)
