"""The loop: parents of the API server -> hooks -> children and status."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from standalone.kubelet.api import Api, ApiError, Object

from . import hook, plan
from .plan import Applied, Objects
from .store import Store

LOG = logging.getLogger("controller")

CONTROLLERS = {
    "apiVersion": "metacontroller.k8s.io/v1alpha1",
    "resource": "compositecontrollers",
}

CUSTOMIZE_SECONDS = 20 * 60.0
"""How long the answer of a customize hook holds; Metacontroller keeps it as long."""


@dataclass(kw_only=True)
class _Known:
    """What is remembered of a parent, until its spec or that of its controller changes."""

    rules: list[Object] = field(default_factory=list)
    rules_until: float = -math.inf
    seen: object = None
    """What the sync hook was shown last; None if it is to be asked in any case."""
    resync_at: float = math.inf
    failed: str = ""
    """The version of the parent that could not be served, not to be tried before `retry_at`."""
    retry_at: float = -math.inf
    applied: Applied = field(default_factory=dict)


@dataclass(kw_only=True)
class Loop:
    """Serves all CompositeControllers of an API server; `turn` is to be called often."""

    api: Api
    clock: Callable[[], float] = time.monotonic
    _known: dict[tuple[object, ...], _Known] = field(default_factory=dict, init=False)

    def turn(self) -> None:
        """Do what there is a reason to do; raises `ApiError` if the objects cannot be read."""
        store = Store(api=self.api)
        known: dict[tuple[object, ...], _Known] = {}
        for controller in _objects(store.read(CONTROLLERS)):
            spec = controller["spec"]
            # Before the children: what a parent stands for is never older than they are.
            parents = _objects(store.read(spec["parentResource"]))
            observed: Objects = {}
            for rule in spec.get("childResources", []):
                observed |= store.read(rule)
            families = plan.families(observed)
            for parent in parents:
                children = families.get(parent["metadata"]["uid"], {kind: {} for kind in observed})
                request = {"controller": controller, "parent": parent, "children": children}
                key = (*_spec_of(controller), *_spec_of(parent))
                known[key] = self._known.get(key) or _Known()
                self._tend(request, known[key], observed, store)
        self._known = known

    def _tend(self, request: Object, known: _Known, observed: Objects, store: Store) -> None:
        """Ask the sync hook if the world has changed or it is time, and do what it answers."""
        now, metadata = self.clock(), request["parent"]["metadata"]
        waits = metadata["resourceVersion"] == known.failed and now < known.retry_at
        if waits or "deletionTimestamp" in metadata:
            return
        try:
            request |= {"related": _related(request, known, store, now), "finalizing": False}
            seen = plan.versions(request)
            if seen == known.seen and now < known.resync_at:
                return
            known.seen = None
            answer = hook.ask("sync", request)
            _carry_out(answer, request, known, observed, store)
            known.seen = seen
            known.resync_at = now + plan.resync_after(answer, request["controller"])
        except (ApiError, hook.HookError) as error:
            LOG.warning("%s: %s", plan.key_of(request["parent"]), error)
            known.failed = metadata["resourceVersion"]
            known.retry_at = now + getattr(error, "retry_after", hook.PAUSE_SECONDS)


def _related(request: Object, known: _Known, store: Store, now: float) -> Objects:
    """Read what the customize hook asks for; that one is asked rarely."""
    if "customize" in request["controller"]["spec"]["hooks"] and now >= known.rules_until:
        asked = {name: request[name] for name in ("controller", "parent")}
        known.rules = hook.ask("customize", asked)["relatedResources"]
        known.rules_until = now + CUSTOMIZE_SECONDS
    related: Objects = {}
    for rule in known.rules:
        for kind, found in plan.selected(rule, store.read(rule)).items():
            related.setdefault(kind, {}).update(found)
    return related


def _carry_out(
    answer: Object, request: Object, known: _Known, observed: Objects, store: Store
) -> None:
    """Make children and status what *answer* says."""
    made = plan.plan(request, answer["children"], observed, known.applied)
    for child in made.leave:
        LOG.warning("%s is somebody else's, or of no declared kind.", plan.key_of(child))
    try:
        for child in made.apply:
            stored = store.apply(child)
            known.applied[plan.key_of(child)] = (plan.settled(child), plan.settled(stored))
        for child in made.delete:
            store.delete(child)
    finally:
        # What is wrong with a child shall be said all the same.
        parent = request["parent"]
        if answer["status"] != parent.get("status", {}):
            store.write_status({**parent, "status": answer["status"]})


def _objects(found: Objects) -> list[Object]:
    return [item for objects in found.values() for item in objects.values()]


def _spec_of(item: Object) -> tuple[object, object]:
    return item["metadata"]["uid"], item["metadata"]["generation"]
