"""One source, as a cluster would keep it: stored by an API server, its children observed."""

import copy
import uuid
from dataclasses import dataclass, field
from typing import Self

from .process import Process
from .schema import Object

DEPLOYMENT = "Deployment.apps/v1"


@dataclass(kw_only=True)
class Parent:
    """A source, the children that the hook answered for it, and the process of its adapter."""

    object: Object
    children: dict[str, dict[str, Object]] = field(default_factory=dict)
    process: Process | None = None
    problem: str = ""
    """What was last said to be wrong with it."""

    @classmethod
    def create(cls, source: Object) -> Self:
        """Store a new *source*; its uid is the same each time, as is the owner of a checkpoint."""
        stored = copy.deepcopy(source)
        name = f"{source['metadata']['namespace']}/{source['metadata']['name']}"
        stored["metadata"]["uid"] = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
        stored["metadata"]["generation"] = 1
        return cls(object=stored)

    def update(self, source: Object) -> None:
        """Store what changed; a new spec is a new generation."""
        if self.object["spec"] != source["spec"]:
            self.object["spec"] = source["spec"]
            self.object["metadata"]["generation"] += 1

    @property
    def deployments(self) -> list[Object]:
        """The Deployments among its children."""
        return list(self.children.get(DEPLOYMENT, {}).values())

    def request(self) -> Object:
        """Build the hook's request, with the process observed as its Deployment's pod."""
        for deployment in self.deployments:
            deployment["status"] = {"conditions": [self._available()]}
        return {"parent": self.object, "children": self.children, "related": {}}

    def take(self, answer: Object) -> None:
        """Store the *answer* of the hook."""
        self.object["status"] = answer["status"]
        self.children = {}
        for child in answer["children"]:
            kind = f"{child['kind']}.{child['apiVersion']}"
            name = f"{child['metadata']['namespace']}/{child['metadata']['name']}"
            self.children.setdefault(kind, {})[name] = child

    def _available(self) -> Object:
        if self.process is not None and self.process.alive:
            verdict = ("True", "ProcessRunning", "The process runs.")
        else:
            problem = "" if self.process is None else self.process.problem
            verdict = ("False", "ProcessEnded", problem or "Not started.")
        status, reason, message = verdict
        return {"type": "Available", "status": status, "reason": reason, "message": message}
