"""JSON in and out of an app: whatever goes wrong is answered with a status other than 200.

To Metacontroller an empty 200 means "delete all children"; the API server passes over a webhook
that does not answer 200.
"""

import flask
from werkzeug.exceptions import HTTPException

from .model import NotReadyError, Object, RequestError

RETRY_SECONDS = 5

Answer = tuple[flask.Response, int, dict[str, str]]


def speak_json(app: flask.Flask) -> None:
    """Have *app* say in JSON what goes wrong."""
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it

    @app.errorhandler(NotReadyError)
    def not_ready(error: NotReadyError) -> Answer:
        return later(str(error))

    @app.errorhandler(RequestError)
    def bad_request(error: RequestError) -> tuple[flask.Response, int]:
        return flask.jsonify({"error": str(error)}), 422

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> tuple[flask.Response, int]:
        return flask.jsonify({"error": error.description}), error.code or 500


def later(message: str) -> Answer:
    """Ask Metacontroller to come back; without Retry-After it would do so at once, for ever."""
    return flask.jsonify({"error": message}), 429, {"Retry-After": str(RETRY_SECONDS)}


def body() -> Object:
    """Read the request's JSON, whatever its Content-Type says; raises `RequestError`."""
    try:
        found = flask.request.get_json(force=True)
    except HTTPException as error:
        if error.code != 400:  # noqa: PLR2004  too large, for one, says so itself
            raise
        error.description = "The request body is not JSON."
        raise
    if not isinstance(found, dict):
        raise RequestError("The request body is not a JSON object.")
    return found
