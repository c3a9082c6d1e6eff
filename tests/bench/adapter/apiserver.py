"""As much of an API server as the Go project's adapter needs: one ConfigMap, read and replaced.

Usage: python -m tests.bench.adapter.apiserver CHECKPOINT. Prints its URL, and ends when stdin does.
"""

import json
import sys

from standalone.server import Response, Server


class ConfigMap:
    def __init__(self, checkpoint):
        self.stored = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "bench", "namespace": "bench", "resourceVersion": "1"},
            "data": {"checkpoint": checkpoint},
        }

    def respond(self, request):
        if request.method != "GET":
            self.stored = json.loads(request.body)
        return Response(
            status=200,
            body=json.dumps(self.stored).encode(),
            headers={"Content-Type": "application/json"},
        )


server = Server(ConfigMap(sys.argv[1]).respond, port=0, tls=None)
print(f"http://127.0.0.1:{server.port}", flush=True)
sys.stdin.read()
server.close()
