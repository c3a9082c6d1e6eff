"""Composition root of what Metacontroller calls: environment -> settings -> app."""

import os

import flask

from . import discovery
from .app import create_app
from .cluster import Cluster
from .environment import scope_from, settings_from


def application() -> flask.Flask:
    """Build the app that gunicorn serves: `gunicorn 'hooks.wsgi:application()'`.

    Without an API server to ask (no pod, no `KUBECONFIG`) only URLs and Services are sinks, and
    nothing can be bound.
    """
    settings, scope = settings_from(os.environ), scope_from(os.environ)
    if os.environ.keys() & {"KUBERNETES_SERVICE_HOST", "KUBECONFIG"}:
        cluster = Cluster.from_environment(os.environ, timeout=discovery.TIMEOUT_SECONDS)
        found = discovery.from_api_server(cluster)
        return create_app(settings, scope=scope, served=found, look_again=found.look_again)
    return create_app(settings, scope=scope)
