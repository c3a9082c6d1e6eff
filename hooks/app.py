"""The Flask app: HTTP and the clock on this side, pure functions on the other.

Whatever goes wrong is answered with a status other than 200 and a JSON body that says what:
to Metacontroller an empty 200 means "delete all children".
"""

import datetime as dt
import time
from collections.abc import Callable

import flask
import prometheus_client
from werkzeug.exceptions import HTTPException

from . import sinks, source
from .model import (
    NotReadyError,
    Object,
    Observed,
    RequestError,
    ServedKinds,
    Settings,
    parent_of,
)

MAX_BODY_BYTES = 10 * 1024 * 1024
RETRY_SECONDS = 5

_Answer = tuple[flask.Response, int, dict[str, str]]


def utc_now() -> dt.datetime:
    """The time of day, aware."""
    return dt.datetime.now(dt.UTC)


def create_app(
    settings: Settings,
    *,
    served: Callable[[], ServedKinds] = dict,
    look_again: Callable[[], object] = lambda: None,
    now: Callable[[], dt.datetime] = utc_now,
) -> flask.Flask:
    """Build the app; *served* tells what kinds the cluster serves, *look_again* refreshes that."""
    app = flask.Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    _measure(app)

    @app.post("/vspheresource/sync")
    def sync_source() -> flask.Response:
        observed = Observed.from_request(_body(), now=now())
        desired = source.sync(observed, settings=settings, served=served())
        return flask.jsonify(desired.to_object())

    @app.post("/vspheresource/customize")
    def customize_source() -> flask.Response:
        asked = parent_of(_body())
        if sinks.lacks_kind(asked.sink, served=served()):
            # Metacontroller keeps this answer for 20 minutes, so it must not be a stale one.
            look_again()
        return flask.jsonify(source.customize(asked, served=served()))

    @app.get("/healthz")
    def health() -> flask.Response:
        return flask.jsonify({"status": "ok", "revision": settings.revision})

    @app.get("/readyz")
    def ready() -> flask.Response:
        served()
        return health()

    @app.before_request
    def refuse_other_revision() -> _Answer | None:
        """Leave a request for another revision to an instance of that one.

        While a rollout has old and new hooks side by side, only one of them may decide, or each
        sync would roll the adapters back or forth.
        """
        asked = flask.request.args.get("rev", settings.revision)
        if asked == settings.revision:
            return None
        return _later(f"This instance serves revision {settings.revision!r}, not {asked!r}.")

    _explain_errors(app)
    return app


def _explain_errors(app: flask.Flask) -> None:
    """Answer whatever goes wrong with JSON, and never with 200."""

    @app.errorhandler(NotReadyError)
    def not_ready(error: NotReadyError) -> _Answer:
        return _later(str(error))

    @app.errorhandler(RequestError)
    def bad_request(error: RequestError) -> tuple[flask.Response, int]:
        return flask.jsonify({"error": str(error)}), 422

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> tuple[flask.Response, int]:
        return flask.jsonify({"error": error.description}), error.code or 500


def _later(message: str) -> _Answer:
    """Ask Metacontroller to come back; without Retry-After it would do so at once, for ever."""
    return flask.jsonify({"error": message}), 429, {"Retry-After": str(RETRY_SECONDS)}


def _body() -> Object:
    """The request's JSON; whatever its Content-Type says, Metacontroller sends nothing else."""
    try:
        body = flask.request.get_json(force=True)
    except HTTPException as error:
        if error.code != 400:  # noqa: PLR2004  too large, for one, says so itself
            raise
        error.description = "The request body is not JSON."
        raise
    if not isinstance(body, dict):
        raise RequestError("The request body is not a JSON object.")
    return body


def _measure(app: flask.Flask) -> None:
    """Count and time the requests, each app in a registry of its own."""
    registry = prometheus_client.CollectorRegistry()
    seconds = prometheus_client.Histogram(
        "vsphere_hooks_request_seconds",
        "Time to answer a hook request, by route and status code.",
        ["route", "code"],
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
