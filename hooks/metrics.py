"""How many requests an app was asked, how long they took and what came of them."""

import time

import flask
import prometheus_client

BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 1.0, 10.0)
"""Limits in seconds: an answer takes less than 1 ms, and Metacontroller waits for 10 s."""


def measure(app: flask.Flask) -> None:
    """Count and time the requests, each app in a registry of its own."""
    registry = prometheus_client.CollectorRegistry()
    seconds = prometheus_client.Histogram(
        "vsphere_hooks_request_seconds",
        "Time to answer a hook request, by route and status code.",
        ["route", "code"],
        buckets=BUCKETS,
        registry=registry,
    )

    @app.before_request
    def start() -> None:
        flask.g.started = time.perf_counter()

    @app.after_request
    def observe(response: flask.Response) -> flask.Response:
        route = flask.request.url_rule.rule if flask.request.url_rule else "none"
        elapsed = time.perf_counter() - flask.g.started
        seconds.labels(route, response.status_code).observe(elapsed)
        return response

    @app.get("/metrics")
    def metrics() -> flask.Response:
        text = prometheus_client.generate_latest(registry)
        return flask.Response(text, content_type=prometheus_client.CONTENT_TYPE_LATEST)
