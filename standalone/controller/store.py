"""What the API server holds, and the three ways in which it is changed."""

import urllib.parse
from dataclasses import dataclass, field

from standalone.kubelet.api import APPLY, Api, Object

from .plan import Objects, key_of, keyed, label_query


@dataclass(frozen=True, kw_only=True)
class Store:
    """The objects of one moment; each method raises `ApiError`."""

    api: Api
    _lists: dict[str, Objects] = field(default_factory=dict, init=False)
    _paths: dict[str, str] = field(default_factory=dict, init=False)
    """Kind -> where the API server has it."""

    def read(self, rule: Object) -> Objects:
        """List the objects of the `apiVersion`, `resource` and `labelSelector` of *rule*, once."""
        root = "/apis" if "/" in rule["apiVersion"] else "/api"
        path = f"{root}/{rule['apiVersion']}/{{}}{rule['resource']}"
        query = urllib.parse.quote(label_query(rule.get("labelSelector", {})))
        asked = f"{path.format('')}?labelSelector={query}"
        if asked not in self._lists:
            self._lists[asked] = keyed(self.api.get(asked))
            self._paths.update(dict.fromkeys(self._lists[asked], path))
        return self._lists[asked]

    def apply(self, child: Object) -> Object:
        """Apply *child*, with force only where its uid says that it is our own."""
        force = "true" if "uid" in child["metadata"] else "false"
        path = f"{self._path(child)}?fieldManager=standalone&force={force}"
        return self.api.call("PATCH", path, child, content_type=APPLY)

    def delete(self, child: Object) -> None:
        """Delete *child*, and no other object of its name."""
        this = {"uid": child["metadata"]["uid"]}
        options = {"preconditions": this, "propagationPolicy": "Background"}
        self.api.call("DELETE", self._path(child), options)

    def write_status(self, parent: Object) -> None:
        """Replace the status of *parent*, unless somebody has changed it since it was read."""
        self.api.call("PUT", f"{self._path(parent)}/status", parent)

    def _path(self, item: Object) -> str:
        metadata = item["metadata"]
        place = f"namespaces/{metadata['namespace']}/"
        return f"{self._paths[key_of(item)[0]].format(place)}/{metadata['name']}"
