"""Put variables and a mounted volume into a pod spec, and take them out again.

`add` and `remove` change the pod spec that they are handed. A field may be absent, null or empty;
which of these it was is remembered like everything else that was there before.
"""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from .model import Object

Before = Mapping[str, Object]
"""What was there: name or position of a container (`""`: the pod) -> field -> items."""


@dataclass(frozen=True, kw_only=True)
class Projection:
    """What every container gets."""

    variables: Mapping[str, Object]
    volume: Object
    mount: Object

    def is_volume(self, volume: Object) -> bool:
        """Whether *volume* is the one added, whatever became of its mode or items since."""
        return self.has_name(volume) and self.volume.keys() <= volume.keys()

    def is_mount(self, mount: Object) -> bool:
        """Whether *mount* is the one added, whatever became of its options since.

        Or another of the same volume beneath it: left there it would be in the way of the one
        added, and would go with the volume when that is not added for it.
        """
        return self.has_name(mount) and self.obstructs(mount)

    def has_name(self, part: Object) -> bool:
        """Whether a volume or mount has the name of the one added."""
        return bool(part.get("name") == self.volume["name"])

    def obstructs(self, mount: Object) -> bool:
        """Whether *mount*, of a volume or a device, stands where the one added would."""
        path = str(mount.get("mountPath") or mount.get("devicePath", ""))
        absolute = posixpath.normpath("/" + path.strip("/"))
        return f"{absolute}/".startswith(f"{self.mount['mountPath']}/")


def add(pod: Object, projection: Projection) -> Before:
    """Add *projection* to *pod* and say what was there before, where that cannot be seen."""
    before = {"": _append(pod, "volumes", projection.volume)}
    for position, container in _containers(pod):
        kept = _set_variables(container, projection.variables)
        kept |= _append(container, "volumeMounts", projection.mount)
        before[container.get("name") or position] = kept
    return {place: kept for place, kept in before.items() if kept}


def remove(pod: Object, projection: Projection, before: Before) -> None:
    """Take *projection* out of *pod*, but for variables that have got another value since."""
    named = [volume for volume in pod.get("volumes") or [] if projection.has_name(volume)]
    # If the user has put a volume of his own in its place, the mounts are his, too.
    is_ours = all(map(projection.is_volume, named))
    for position, container in _containers(pod):
        # A container without a name may have been given one since.
        kept = before.get(container.get("name") or position) or before.get(position, {})
        _reset_variables(container, projection.variables, kept)
        if is_ours:
            _drop(container, "volumeMounts", projection.is_mount, kept)
    if is_ours:
        _drop(pod, "volumes", projection.is_volume, before.get("", {}))


def remove_dangling(pod: Object, projection: Projection) -> None:
    """Take out mounts of a volume that is gone: with them no API server takes the pod."""
    if not any(map(projection.has_name, pod.get("volumes") or [])):
        for _, container in _containers(pod):
            _drop(container, "volumeMounts", projection.has_name, {})


def obstacle(pod: Object, projection: Projection) -> str:
    """Say what stands where *projection* would be added, and what to do; empty if nothing does."""
    if any(map(projection.has_name, pod.get("volumes") or [])):
        name = projection.volume["name"]
        return f"spec.template.spec.volumes has a volume {name} of its own: give it another name."
    for position, container in _containers(pod):
        for field in ("volumeMounts", "volumeDevices"):
            for mount in container.get(field) or []:
                if projection.obstructs(mount):
                    return (
                        f"spec.template.spec.{position}.{field} has something of its own at "
                        f"{projection.mount['mountPath']}: put it elsewhere."
                    )
    return ""


def holds(pod: Object, projection: Projection) -> bool:
    """Whether all of *projection* is in *pod*: the volume, and the rest in every container."""
    return any(map(projection.is_volume, pod.get("volumes") or [])) and all(
        projection.mount in (container.get("volumeMounts") or [])
        and all(item in (container.get("env") or []) for item in projection.variables.values())
        for _, container in _containers(pod)
    )


def is_before(found: Mapping[str, object]) -> bool:
    """Whether *found*, which anybody may have written, has the shape of what `add` returns."""
    return all(
        isinstance(fields, dict)
        and all(items is None or _is_named_list(items) for items in fields.values())
        for fields in found.values()
    )


def _is_named_list(items: object) -> bool:
    return isinstance(items, list) and all(
        isinstance(item, dict) and isinstance(item.get("name"), str) for item in items
    )


def _containers(pod: Object) -> Iterator[tuple[str, Object]]:
    for field in ("initContainers", "containers"):
        for index, container in enumerate(pod.get(field) or []):
            yield f"{field}[{index}]", container


def _set_variables(container: Object, variables: Mapping[str, Object]) -> Object:
    """Set *variables*, in place of those of the same names or behind all others."""
    kept = _emptiness(container, "env")
    env = container.get("env") or []
    own = [item for item in env if item.get("name") in variables]
    missing = variables.keys() - {item["name"] for item in own}
    container["env"] = [
        *(variables.get(item.get("name"), item) for item in env),
        *(item for name, item in variables.items() if name in missing),
    ]
    return {"env": own} if own else kept


def _reset_variables(container: Object, variables: Mapping[str, Object], kept: Object) -> None:
    """Set those of *variables* that still are what was set to what they were before."""
    before: dict[str, list[Object]] = {}
    for item in kept.get("env") or []:
        before.setdefault(item["name"], []).append(item)
    env = []
    for item in container.get("env") or []:
        # Of several that have the same name, the first was the first before.
        was = before[item["name"]].pop(0) if before.get(item.get("name")) else None
        if item != variables.get(item.get("name")):
            env.append(item)
        elif was is not None:
            env.append(was)
    _put(container, "env", env, kept)


def _append(owner: Object, field: str, item: Object) -> Object:
    kept = _emptiness(owner, field)
    owner[field] = [*(owner.get(field) or []), item]
    return kept


def _drop(owner: Object, field: str, is_ours: Callable[[Object], bool], kept: Object) -> None:
    items = [item for item in owner.get(field) or [] if not is_ours(item)]
    _put(owner, field, items, kept)


def _emptiness(owner: Object, field: str) -> Object:
    """Remember a *field* that is there and holds nothing."""
    return {field: owner[field]} if field in owner and not owner[field] else {}


def _put(owner: Object, field: str, items: list[Object], kept: Object) -> None:
    """Set a *field*; without *items* it becomes what it was when it held none."""
    if items:
        owner[field] = items
    elif owner.get(field):
        owner.pop(field)
        if field in kept and not kept[field]:
            owner[field] = kept[field]
