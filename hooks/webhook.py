"""Composition root of what the API server calls, with TLS: `python -m hooks.webhook`.

gunicorn asks for a TLS context with each connection, so a new certificate needs no restart. The
context and the thread that renews it live in the one process that also answers the requests.
"""

import gc
import os
import pathlib
import socket
import threading
from collections.abc import Callable, Mapping

import flask
from gunicorn.app.base import BaseApplication

from . import bindings, custody
from .app import create_admission, utc_now
from .certificates import make
from .cluster import Cluster
from .environment import scope_from
from .place import Place, place_from
from .tls import Endpoint
from .worker import Worker

TIMEOUT_SECONDS = 10.0

THREADS = 100
"""A request holds one while it waits for the list of bindings that it shares with others."""

OPTIONS = {
    # As in the image's own command, and for its reasons.
    "worker_class": Worker,
    "workers": 1,
    "threads": THREADS,
    # After a burst each API server keeps 25. What a container may open is often limited to 1,024.
    "worker_connections": 500,
    "keepalive": 95,
    "graceful_timeout": 15,
    "control_socket_disable": True,
    # Turns TLS on, and is not read: the context comes from elsewhere.
    "certfile": os.devnull,
}


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn with *options*; *load* is called in the process that answers the requests."""

    def __init__(self, load: Callable[[], flask.Flask], options: Mapping[str, object]) -> None:
        self._load = load
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Take the options, and nothing from a command line."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> flask.Flask:
        """Build the app."""
        return self._load()


def run(environment: Mapping[str, str], *, bind: str) -> None:
    """Serve until told to stop; exits with a sentence naming the variable that is wrong."""
    scope, kept = scope_from(environment), place_from(environment)
    endpoint = Endpoint(make(["localhost"], utc_now()))
    listing = Cluster.from_environment(environment, timeout=bindings.TIMEOUT_SECONDS)
    look = _look(kept, endpoint, environment)

    def load() -> flask.Flask:
        threading.Thread(
            target=custody.keep,
            args=(look, threading.Event().wait),
            name="certificates",
            daemon=True,
        ).start()
        app = create_admission(
            scope=scope, bindings=bindings.Bindings(listing), check=endpoint.check
        )
        # All this stays: not to look through it takes a quarter of the time from a long list.
        gc.freeze()
        return app

    options = {"bind": bind, "ssl_context": lambda _config, _default: endpoint.context}
    Server(load, OPTIONS | options).run()


def _look(
    kept: Place | pathlib.Path, endpoint: Endpoint, environment: Mapping[str, str]
) -> Callable[[], None]:
    if isinstance(kept, pathlib.Path):
        return custody.Folder(kept, endpoint=endpoint).look
    cluster = Cluster.from_environment(environment, timeout=TIMEOUT_SECONDS)
    return custody.Custody(cluster, kept, endpoint=endpoint, now=utc_now).look


if __name__ == "__main__":
    # Both IPv6 and IPv4, but where a machine has been started without IPv6.
    host = "[::]" if socket.has_dualstack_ipv6() else "0.0.0.0"  # noqa: S104  in a pod
    run(os.environ, bind=f"{host}:{os.environ.get('WEBHOOK_PORT', '8443')}")
