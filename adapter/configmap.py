"""The checkpoint in a ConfigMap, where the Go project keeps it too.

It is written by server-side apply without force, so another hand's edit is noticed as a conflict
and not overwritten. Only the first write after a read is forced, and only if nothing has changed
in between.
"""

from dataclasses import dataclass, field

from .cluster import ApiServer, ApiServerError, Object
from .config import Cluster
from .store import EditedError, StoreError

KEY = "checkpoint"
FIELD_MANAGER = "vsphere-source-adapter"

_OK, _CREATED, _NOT_FOUND, _CONFLICT = 200, 201, 404, 409


@dataclass(kw_only=True)
class ConfigMapStore:
    """One ConfigMap; it goes with its source, unless somebody else had made it."""

    api_server: ApiServer
    cluster: Cluster
    _owned: bool = field(default=True, init=False)
    _read_version: str = field(default="", init=False)

    def load(self) -> str | None:
        """Read the checkpoint, if there is one; raises `StoreError`."""
        status, found = self._call("GET")
        if status == _NOT_FOUND:
            self._owned, self._read_version = True, ""
            return None
        if status != _OK:
            raise self._error("read", status, found)
        metadata = found["metadata"]
        owners = metadata.get("ownerReferences", [])
        self._owned = any(owner["uid"] == self.cluster.source_uid for owner in owners)
        self._read_version = metadata["resourceVersion"]
        text = found.get("data", {}).get(KEY)
        return None if text is None else str(text)

    def save(self, text: str) -> None:
        """Apply the checkpoint; raises `StoreError`, `EditedError`."""
        query = f"?fieldManager={FIELD_MANAGER}"
        if self._read_version:
            query += "&force=true"
        status, answer = self._call("PATCH", self._applied(text), query=query)
        if status == _CONFLICT:
            raise EditedError(f"Somebody else wrote {self}")
        if status not in {_OK, _CREATED}:
            raise self._error("written", status, answer)
        self._read_version = ""

    def __str__(self) -> str:
        """As messages name it."""
        return f"ConfigMap {self.cluster.namespace}/{self.cluster.configmap}"

    def _applied(self, text: str) -> Object:
        metadata: Object = {"name": self.cluster.configmap, "namespace": self.cluster.namespace}
        if self._read_version:
            metadata["resourceVersion"] = self._read_version
        if self._owned and self.cluster.source_uid:
            # Not a controller reference: Metacontroller would take the ConfigMap for a child.
            owner = {
                "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
                "kind": "VSphereSource",
                "name": self.cluster.name,
                "uid": self.cluster.source_uid,
            }
            metadata["ownerReferences"] = [owner]
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {KEY: text}}

    def _call(
        self, method: str, body: Object | None = None, *, query: str = ""
    ) -> tuple[int, Object]:
        path = f"/api/v1/namespaces/{self.cluster.namespace}/configmaps/{self.cluster.configmap}"
        try:
            return self.api_server.call(
                method, path + query, body, content_type="application/apply-patch+yaml"
            )
        except ApiServerError as error:
            raise StoreError(f"{self}: {error}.") from error

    def _error(self, verb: str, status: int, answer: Object) -> StoreError:
        return StoreError(
            f"{self} cannot be {verb}: the API server answered {status} "
            f"({answer.get('message', 'no message')})."
        )
