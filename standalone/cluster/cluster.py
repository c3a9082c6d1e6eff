"""An API server, and what its administrator does with it."""

import json
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar

import yaml

from standalone.kubelet import Api, ApiError
from standalone.kubelet.api import Object

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds until something that should come true soon is given up."""

Write = tuple[str, str, str | None, str | None, int]
"""Who, verb, resource, name, status code."""


def wait_for(condition: Callable[[], T], *, patience: float = PATIENCE) -> T:
    """Wait until *condition* returns something true, and return that; raises `AssertionError`."""
    deadline = time.monotonic() + patience
    while not (found := condition()):
        if time.monotonic() >= deadline:
            raise AssertionError("It did not happen in time.")
        time.sleep(0.1)
    return found


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """One API server, as cluster-admin."""

    api: Api
    kubeconfig: Path
    audit_log: Path
    programs: Path
    """Where kubectl is."""
    eventually = staticmethod(wait_for)

    def kubectl(self, *arguments: str | Path, objects: Iterable[Object] = ()) -> str:
        """Run kubectl, *objects* as its input, and return what it prints.

        Raises:
            AssertionError: It failed; the message is what it said.
        """
        done = subprocess.run(  # noqa: S603  the command is our own
            [self.programs / "kubectl", "--kubeconfig", self.kubeconfig, *arguments],
            input=yaml.safe_dump_all(objects),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return done.stdout

    def apply(self, *objects: Object) -> None:
        """Apply *objects*."""
        self.kubectl("apply", "--filename", "-", objects=objects)

    def get(self, path: str) -> Object | None:
        """Read what is at *path*, None when there is nothing."""
        try:
            return self.api.get(path)
        except ApiError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
        return None

    def as_service_account(self, namespace: str, name: str) -> Api:
        """The same API server, for a ServiceAccount."""
        answer = self.api.call(
            "POST",
            f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token",
            {"spec": {"expirationSeconds": 3600}},
        )
        return replace(self.api, token=answer["status"]["token"])

    def writes(self) -> list[Write]:
        """List everything written so far that is no sign of life, in order."""
        entries = map(json.loads, self.audit_log.read_text().splitlines())
        return [
            (
                entry["user"]["username"],
                entry["verb"],
                entry["objectRef"].get("resource"),
                entry["objectRef"].get("name"),
                entry["responseStatus"]["code"],
            )
            for entry in entries
            if entry["stage"] == "ResponseComplete"
            and entry.get("objectRef", {}).get("resource") not in {None, "leases"}
        ]
