"""What a pod gets from the cluster: variables, files, the token of its service account."""

import http
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from standalone.pod import PodError
from standalone.process import CODE

from . import program, volumes
from .api import Api, ApiError, Object
from .container import NotStartableError
from .program import Program

INHERITED = ("PATH", "LANG")
"""What of our own environment a program needs to run here at all."""

TOKEN_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class Provision:
    """Provides for one *pod*, below the folder *root*."""

    api: Api
    pod: Object
    image: Program
    root: Path
    ports: Mapping[int, int]
    services: Mapping[str, str]

    def environment(self) -> dict[str, str]:
        """Build the environment; raises `NotStartableError`, `ApiError`."""
        try:
            declared = program.environment(
                program.variables(self.pod, self._secrets()),
                self.image,
                root=self.root,
                ports=self.ports,
                services=self.services,
            )
        except PodError as error:
            raise NotStartableError(str(error)) from error
        own = {name: os.environ[name] for name in INHERITED if name in os.environ}
        # As in the images, Python is that of the virtual environment.
        own["PATH"] = f"{Path(sys.executable).parent}:{own['PATH']}"
        if program.has_token(self.pod):
            kubeconfig = self.root / "kubeconfig"
            kubeconfig.touch(mode=0o600)
            kubeconfig.write_text(json.dumps(self._identity().kubeconfig()))
            own["KUBECONFIG"] = str(kubeconfig)
        return {**own, "PYTHONPATH": str(CODE), **declared}

    def files(self) -> dict[Path, bytes]:
        """Read the mounted Secrets and ConfigMaps as they are now; raises `ApiError`."""
        return {
            program.local(self.root, mounted.path) / name: content
            for mounted in volumes.mounted_files(self.pod)
            for name, content in self._contents(mounted).items()
        }

    def _contents(self, mounted: volumes.MountedFiles) -> dict[str, bytes]:
        namespace = self.pod["metadata"]["namespace"]
        path = f"/api/v1/namespaces/{namespace}/{mounted.resource}/{mounted.name}"
        try:
            return volumes.contents(self.api.get(path), mounted.items)
        except ApiError as error:
            if error.status != http.HTTPStatus.NOT_FOUND or not mounted.optional:
                raise
            return {}

    def _secrets(self) -> dict[str, dict[str, bytes]]:
        """Read the Secrets that variables come from; raises `ApiError`."""
        folder = f"/api/v1/namespaces/{self.pod['metadata']['namespace']}/secrets"
        names = program.secret_names(program.container_of(self.pod))
        return {name: volumes.contents(self.api.get(f"{folder}/{name}"), None) for name in names}

    def _identity(self) -> Api:
        """Ask for the token that would be mounted: it ends with the pod."""
        metadata, account = self.pod["metadata"], self.pod["spec"]["serviceAccountName"]
        owner = {
            "apiVersion": "v1",
            "kind": "Pod",
            "name": metadata["name"],
            "uid": metadata["uid"],
        }
        answer = self.api.call(
            "POST",
            f"/api/v1/namespaces/{metadata['namespace']}/serviceaccounts/{account}/token",
            {"spec": {"expirationSeconds": TOKEN_SECONDS, "boundObjectRef": owner}},
        )
        return replace(self.api, token=answer["status"]["token"])
