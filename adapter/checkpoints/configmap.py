"""The checkpoint in a ConfigMap, where the Go project keeps it too.

It is written by server-side apply without force, so another hand's edit is noticed as a conflict
and not overwritten. Only the first write after a read is forced, and only if nothing has changed
in between.
"""

from dataclasses import dataclass, field

from adapter.cluster import ApiServer, ApiServerError, Object
from adapter.config import Cluster

from .store import EditedError, StoreError

KEY = "checkpoint"
FIELD_MANAGER = "vsphere-source-adapter"

_OK, _CREATED, _NOT_FOUND, _CONFLICT = 200, 201, 404, 409


@dataclass(kw_only=True)
class ConfigMapStore:
    """One ConfigMap; it goes with its source, unless somebody else had made it."""

    api_server: ApiServer
    cluster: Cluster
    _owner: Object | None = field(init=False)
    _read_version: str = field(default="", init=False)
    _read: str | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Until something is read, nothing is there: what is made then is the source's."""
        self._owner = self._source()

    def load(self) -> str | None:
        """Read the checkpoint, if there is one; raises `StoreError`."""
        status, found = self._call("GET")
        if status == _NOT_FOUND:
            self._owner, self._read_version, self._read = self._source(), "", None
            return None
        if status != _OK:
            raise self._error("read", status, found)
        try:
            self._take(found)
        except (AttributeError, LookupError, TypeError) as error:
            raise StoreError(
                f"{self} cannot be read: the API server, or a proxy before it, answered with "
                "something else."
            ) from error
        return self._read

    def save(self, text: str) -> None:
        """Apply the checkpoint; raises `StoreError`, `EditedError`."""
        status, answer = self._apply(text)
        # Whoever labels the ConfigMap gives it a new version, too; that is no edit of ours.
        if status == _CONFLICT and self._read_version and self._reads_as_before():
            status, answer = self._apply(text)
        if status == _CONFLICT:
            raise EditedError(f"Somebody else wrote {self}")
        if status not in {_OK, _CREATED}:
            raise self._error("written", status, answer)
        self._read_version = ""

    def __str__(self) -> str:
        """As messages name it."""
        return f"ConfigMap {self.cluster.namespace}/{self.cluster.configmap}"

    def _take(self, found: Object) -> None:
        metadata, text = found["metadata"], found.get("data", {}).get(KEY)
        # As it is: the Go project's names its source as controller, and on some clusters only who
        # may delete the ConfigMap may change that.
        uid, owners = self.cluster.source_uid, metadata.get("ownerReferences", [])
        owner = next((owner for owner in owners if owner["uid"] == uid), None)
        self._owner, self._read_version, self._read = owner, metadata["resourceVersion"], text

    def _reads_as_before(self) -> bool:
        before = self._read
        return self.load() == before

    def _apply(self, text: str) -> tuple[int, Object]:
        query = f"?fieldManager={FIELD_MANAGER}"
        if self._read_version:
            query += "&force=true"
        return self._call("PATCH", self._applied(text), query=query)

    def _applied(self, text: str) -> Object:
        metadata: Object = {"name": self.cluster.configmap, "namespace": self.cluster.namespace}
        if self._read_version:
            metadata["resourceVersion"] = self._read_version
        if self._owner:
            metadata["ownerReferences"] = [self._owner]
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {KEY: text}}

    def _source(self) -> Object | None:
        if not self.cluster.source_uid:
            return None
        # Not a controller reference: Metacontroller would take the ConfigMap for a child.
        return {
            "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
            "kind": "VSphereSource",
            "name": self.cluster.name,
            "uid": self.cluster.source_uid,
        }

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
