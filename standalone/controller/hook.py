"""Calls to the hooks of a CompositeController: JSON in, JSON out."""

import http.client
import json
import urllib.parse
from contextlib import closing

from standalone.kubelet.api import Object

TIMEOUT_SECONDS = 10.0

PAUSE_SECONDS = 1.0
"""Between two attempts, where the hook does not say."""


class HookError(Exception):
    """A hook gave no answer, and may be asked again after *retry_after* seconds."""

    def __init__(self, message: str, *, retry_after: float = PAUSE_SECONDS) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def ask(name: str, request: Object) -> Object:
    """Post *request* to the hook called *name*; raises `HookError` unless it answers 200."""
    url = request["controller"]["spec"]["hooks"][name]["webhook"]["url"]
    parts = urllib.parse.urlsplit(url)
    headers = {"Content-Type": "application/json"}
    with closing(http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)) as connection:
        try:
            connection.request("POST", f"{parts.path}?{parts.query}", json.dumps(request), headers)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise HookError(f"{url} cannot be reached: {error}") from error
    if response.status != http.HTTPStatus.OK:
        wait = float(response.headers.get("Retry-After", PAUSE_SECONDS))
        raise HookError(f"{url} answers {response.status}: {body.decode()}", retry_after=wait)
    answer: Object = json.loads(body)
    return answer
