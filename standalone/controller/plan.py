"""What a hook is told, and what its answer means for the cluster. No I/O."""

from dataclasses import dataclass, field

from standalone.kubelet.api import Object

Key = tuple[str, str]
"""`Deployment.apps/v1` and `namespace/name`."""

Objects = dict[str, dict[str, Object]]
"""Kind -> name -> object, by the two parts of a `Key`: as hooks see them."""

Applied = dict[Key, tuple[Object, Object]]
"""What was applied, and what came of it."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done about the children of one parent."""

    apply: list[Object] = field(default_factory=list)
    delete: list[Object] = field(default_factory=list)
    leave: list[Object] = field(default_factory=list)
    """Somebody else has that name, or the controller does not declare that kind."""


def key_of(item: Object) -> Key:
    """Tell objects apart as Metacontroller does."""
    metadata = item["metadata"]
    name = "/".join(metadata[part] for part in ("namespace", "name") if part in metadata)
    return f"{item['kind']}.{item['apiVersion']}", name


def keyed(listing: Object) -> Objects:
    """Key the items of an API server's list, which do not say themselves what they are."""
    api_version, kind = listing["apiVersion"], listing["kind"].removesuffix("List")
    items = [{"apiVersion": api_version, "kind": kind, **item} for item in listing["items"]]
    return {f"{kind}.{api_version}": {key_of(item)[1]: item for item in items}}


def families(observed: Objects) -> dict[str, Objects]:
    """Sort *observed* by the uid of the object that controls each; '' where none does."""
    found: dict[str, Objects] = {}
    for kind, objects in observed.items():
        for name, item in objects.items():
            owners = item["metadata"].get("ownerReferences", [])
            controllers = [owner["uid"] for owner in owners if owner.get("controller")]
            family = found.setdefault("".join(controllers), {each: {} for each in observed})
            family[kind][name] = item
    return found


def label_query(selector: Object) -> str:
    """Write a label selector of a manifest as the API server reads it in a URL."""
    operators = {
        "In": "{} in ({})",
        "NotIn": "{} notin ({})",
        "Exists": "{}",
        "DoesNotExist": "!{}",
    }
    labels = [f"{name}={value}" for name, value in selector.get("matchLabels", {}).items()]
    expressions = [
        operators[item["operator"]].format(item["key"], ",".join(item.get("values", [])))
        for item in selector.get("matchExpressions", [])
    ]
    return ",".join([*labels, *expressions])


def selected(rule: Object, objects: Objects) -> Objects:
    """Keep of *objects* those of the namespace and of the names that *rule* gives, if it does."""

    def fits(metadata: Object) -> bool:
        named = "names" not in rule or metadata["name"] in rule["names"]
        return named and rule.get("namespace") in {None, metadata.get("namespace")}

    return {
        kind: {name: item for name, item in found.items() if fits(item["metadata"])}
        for kind, found in objects.items()
    }


def versions(request: Object) -> object:
    """Reduce what a sync hook is shown to what differs whenever any of it has changed."""
    kinds = [*request["children"].items(), *request["related"].items()]
    shown = [request["parent"], *(item for _, found in kinds for item in found.values())]
    metadata = [item["metadata"] for item in shown]
    return [kind for kind, _ in kinds], {each["uid"]: each["resourceVersion"] for each in metadata}


def plan(request: Object, answered: list[Object], observed: Objects, applied: Applied) -> Plan:
    """Compare the children that a sync hook *answered* with those that it was shown.

    *observed* are everybody's objects of their kinds. Only what is new, or is not as the last
    apply left it, is applied.
    """
    made, children = Plan(), request["children"]
    for child in answered:
        key = kind, name = key_of(child)
        existing = children.get(kind, {}).get(name)
        wanted = _owned(child, request["parent"], existing)
        if existing is None and name in observed.get(kind, [name]):
            made.leave.append(child)
        elif existing is None or applied.get(key) != (settled(wanted), settled(existing)):
            made.apply.append(wanted)
    kept = {key_of(child) for child in answered}
    shown = [child for objects in children.values() for child in objects.values()]
    made.delete.extend(child for child in shown if key_of(child) not in kept)
    return made


def settled(child: Object) -> Object:
    """Leave out of *child* what changes without a reason to apply it again."""
    passing = {"generation", "managedFields", "resourceVersion", "uid"}
    metadata = {name: value for name, value in child["metadata"].items() if name not in passing}
    return {**child, "metadata": metadata, "status": None}


def resync_after(answer: Object, controller: Object) -> float:
    """In how many seconds the hook is to be asked again although nothing has changed."""
    waits = (answer.get("resyncAfterSeconds"), controller["spec"].get("resyncPeriodSeconds"))
    return min((float(wait) for wait in waits if wait), default=float("inf"))


def _owned(child: Object, parent: Object, existing: Object | None) -> Object:
    """Make *child* one that *parent* controls, and no other object than the *existing* one."""
    owner = {name: parent[name] for name in ("apiVersion", "kind")}
    owner |= {name: parent["metadata"][name] for name in ("name", "uid")}
    metadata = {
        **child["metadata"],
        "labels": {**child["metadata"].get("labels", {}), "controller-uid": owner["uid"]},
        "ownerReferences": [{**owner, "controller": True, "blockOwnerDeletion": True}],
    }
    if existing is not None:
        metadata["uid"] = existing["metadata"]["uid"]
    return {**child, "metadata": metadata}
