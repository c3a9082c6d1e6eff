"""The two Flask apps: HTTP and the clock on this side, pure functions on the other."""

import datetime as dt
from collections.abc import Callable, Sequence

import flask

from . import admission, binding, lookup, sinks, source, workload
from .choice import Scope
from .messages import Answer, body, later, speak_json
from .metrics import measure
from .model import Observed, ServedKinds, Settings, parent_of
from .subjects import VSphereBinding

MAX_BODY_BYTES = 10 * 1024 * 1024
DEFAULT_SCOPE = Scope()


def utc_now() -> dt.datetime:
    """The time of day, aware."""
    return dt.datetime.now(dt.UTC)


def create_app(
    settings: Settings,
    *,
    scope: Scope = DEFAULT_SCOPE,
    served: Callable[[], ServedKinds] = dict,
    look_again: Callable[[], object] = lambda: None,
    now: Callable[[], dt.datetime] = utc_now,
) -> flask.Flask:
    """Build what Metacontroller calls.

    *served* tells what kinds the cluster serves, and *look_again* refreshes that.
    """
    app = _new_app()
    _serve_sources(app, settings, served=served, look_again=look_again, now=now)
    _serve_bindings(app, scope, served=served, look_again=look_again, now=now)

    @app.get("/healthz")
    def health() -> flask.Response:
        return flask.jsonify({"status": "ok", "revision": settings.revision})

    @app.get("/readyz")
    def ready() -> flask.Response:
        served()
        return health()

    @app.before_request
    def refuse_other_revision() -> Answer | None:
        """Leave a request for another revision to an instance of that one.

        While a rollout has old and new hooks side by side, only one of them may decide, or each
        sync would roll the adapters back or forth.
        """
        asked = flask.request.args.get("rev", settings.revision)
        if asked == settings.revision:
            return None
        return later(f"This instance serves revision {settings.revision!r}, not {asked!r}.")

    return app


def create_admission(
    *,
    scope: Scope,
    bindings: Callable[[str], Sequence[VSphereBinding] | None],
    check: Callable[[], None],
) -> flask.Flask:
    """Build what the API server calls.

    *bindings* lists those of a namespace, None if it cannot; *check* raises `NotReadyError` while
    the API server would not trust this process.
    """
    app = _new_app()

    @app.post("/admission/workload")
    def review() -> flask.Response:
        asked, listed = body(), None
        match asked:
            case {"request": {"namespace": str(namespace)}}:
                listed = bindings(namespace)
        return flask.jsonify(admission.review(asked, listed, scope=scope))

    @app.get("/healthz")
    def health() -> flask.Response:
        return flask.jsonify({"status": "ok"})

    @app.get("/readyz")
    def ready() -> flask.Response:
        check()
        return health()

    return app


def _new_app() -> flask.Flask:
    app = flask.Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    measure(app)
    speak_json(app)
    return app


def _serve_sources(
    app: flask.Flask,
    settings: Settings,
    *,
    served: Callable[[], ServedKinds],
    look_again: Callable[[], object],
    now: Callable[[], dt.datetime],
) -> None:
    @app.post("/vspheresource/sync")
    def sync_source() -> flask.Response:
        observed = Observed.from_request(body(), now=now())
        desired = source.sync(observed, settings=settings, served=served())
        return flask.jsonify(desired.to_object())

    @app.post("/vspheresource/customize")
    def customize_source() -> flask.Response:
        asked = parent_of(body())
        if sinks.lacks_kind(asked.sinks, served=served()):
            # Metacontroller keeps this answer for 20 minutes, so it must not be a stale one.
            look_again()
        return flask.jsonify(source.customize(asked, served=served()))


def _serve_bindings(
    app: flask.Flask,
    scope: Scope,
    *,
    served: Callable[[], ServedKinds],
    look_again: Callable[[], object],
    now: Callable[[], dt.datetime],
) -> None:
    @app.post("/vspherebinding/sync")
    def sync_binding() -> flask.Response:
        return flask.jsonify(binding.sync(body(), now=now(), served=served(), scope=scope))

    @app.post("/vspherebinding/customize")
    def customize_binding() -> flask.Response:
        asked = binding.parent_of(body())
        if isinstance(asked, VSphereBinding) and lookup.lacks_kind(asked, served=served()):
            # As above.
            look_again()
        return flask.jsonify(binding.customize(asked, served=served(), scope=scope))

    @app.post("/workload/sync")
    def sync_workload() -> flask.Response:
        return flask.jsonify(workload.sync(body(), now=now(), scope=scope))

    @app.post("/workload/customize")
    def customize_workload() -> flask.Response:
        return flask.jsonify(workload.customize(body()))
