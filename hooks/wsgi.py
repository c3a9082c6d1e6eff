"""Composition root of the hooks: environment -> settings -> app."""

import os
from collections.abc import Mapping

import flask

from . import discovery
from .app import create_app
from .model import Settings


def application() -> flask.Flask:
    """Build the app that gunicorn serves: `gunicorn 'hooks.wsgi:application()'`.

    Without an API server to ask (no pod, no `KUBECONFIG`) only URLs and Services are sinks.
    """
    settings = settings_from(os.environ)
    if os.environ.keys() & {"KUBERNETES_SERVICE_HOST", "KUBECONFIG"}:
        found = discovery.from_api_server(os.environ)
        return create_app(settings, served=found, look_again=found.look_again)
    return create_app(settings)


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Read the settings; exits with a sentence naming the variable when one is missing."""
    image = environment.get("ADAPTER_IMAGE")
    if not image:
        raise SystemExit("ADAPTER_IMAGE is not set: name the image that adapters run.")
    return Settings(
        adapter_image=image,
        cluster_domain=environment.get("CLUSTER_DOMAIN") or "cluster.local",
        revision=environment.get("HOOKS_REVISION", ""),
    )
