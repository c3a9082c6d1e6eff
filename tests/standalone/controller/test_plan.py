"""What a hook is told, and what is made of its answer."""

import copy
import json
import math
import pathlib

import pytest

from standalone.controller import plan

WIRE = pathlib.Path(__file__).parents[2] / "wire"
SYNCS = sorted(file.stem for file in WIRE.glob("sync-*.json"))


def recorded(name):
    """A request of the real Metacontroller."""
    return json.loads((WIRE / f"{name}.json").read_text())


def listing(key, objects):
    """How the API server lists *objects*: the items do not say what they are."""
    kind, _, api_version = key.partition(".")
    bare = [
        {name: value for name, value in item.items() if name not in {"apiVersion", "kind"}}
        for item in objects
    ]
    return {"kind": f"{kind}List", "apiVersion": api_version, "items": bare}


def of_somebody_else(item):
    """The same object, but for its name and its owner."""
    other = copy.deepcopy(item)
    other["metadata"] |= {"name": "other", "uid": "other", "ownerReferences": []}
    return other


@pytest.mark.parametrize("name", SYNCS)
def test_a_hook_is_shown_the_children_that_metacontroller_shows(name):
    request = recorded(name)

    observed = {}
    for kind, children in request["children"].items():
        theirs = [of_somebody_else(child) for child in children.values()]
        observed |= plan.keyed(listing(kind, [*theirs, *children.values()]))

    uid = request["parent"]["metadata"]["uid"]
    none = {kind: {} for kind in request["children"]}
    assert plan.families(observed).get(uid, none) == request["children"]


def item(name, namespace):
    return {"metadata": {"name": name, "namespace": namespace, "uid": f"{namespace}/{name}"}}


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        pytest.param({}, ["a/one", "a/two", "b/one"], id="all"),
        pytest.param({"namespace": "a"}, ["a/one", "a/two"], id="of a namespace"),
        pytest.param({"names": ["one"]}, ["a/one", "b/one"], id="of that name"),
        pytest.param({"namespace": "b", "names": ["one", "two"]}, ["b/one"], id="of both"),
        pytest.param({"names": ["none"]}, [], id="the kind alone, when there is nothing"),
    ],
)
def test_a_hook_is_shown_the_related_objects_that_it_names(rule, found):
    brokers = [item("one", "a"), item("two", "a"), item("one", "b")]

    shown = plan.selected(rule, plan.keyed(listing("Broker.example.com/v1", brokers)))

    assert {kind: list(named) for kind, named in shown.items()} == {"Broker.example.com/v1": found}


def test_a_related_object_is_shown_as_metacontroller_shows_it():
    request = recorded("sync-broker-sink")
    [(kind, named)] = request["related"].items()

    assert plan.selected({}, plan.keyed(listing(kind, named.values()))) == request["related"]


def expression(operator, *values):
    return {"matchExpressions": [{"key": "b", "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("selector", "query"),
    [
        pytest.param({}, "", id="none"),
        pytest.param({"matchLabels": {"a": "1", "b": "2"}}, "a=1,b=2", id="labels"),
        pytest.param(
            {"matchLabels": {"a": "1"}, **expression("In", "2", "3")}, "a=1,b in (2,3)", id="In"
        ),
        pytest.param(expression("NotIn", "2"), "b notin (2)", id="NotIn"),
        pytest.param(expression("Exists"), "b", id="Exists"),
        pytest.param(expression("DoesNotExist"), "!b", id="DoesNotExist"),
    ],
)
def test_labels_are_left_to_the_api_server(selector, query):
    assert plan.label_query(selector) == query


def first(request, group):
    """The kind and the name of the first object that *request* shows in *group*."""
    kind, named = next((kind, named) for kind, named in request[group].items() if named)
    return kind, next(iter(named))


def touch(item):
    item["metadata"]["resourceVersion"] += "0"


def touch_first(request, group):
    kind, name = first(request, group)
    touch(request[group][kind][name])


def remove_first(request, group):
    kind, name = first(request, group)
    del request[group][kind][name]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda request: touch(request["parent"]), id="parent"),
        pytest.param(lambda request: touch_first(request, "children"), id="child"),
        pytest.param(lambda request: touch_first(request, "related"), id="related object"),
        pytest.param(lambda request: remove_first(request, "children"), id="a child less"),
        pytest.param(lambda request: remove_first(request, "related"), id="a related object less"),
        pytest.param(
            lambda request: request["related"].update({"Other.example.com/v1": {}}),
            id="a related kind of which there is nothing",
        ),
    ],
)
def test_every_change_of_what_a_hook_is_shown_is_noticed(change):
    request, same = recorded("sync-broker-sink"), recorded("sync-broker-sink")
    assert plan.versions(same) == plan.versions(request)

    change(request)

    assert plan.versions(request) != plan.versions(same)


def child(name, **more):
    """A child as a hook answers it."""
    metadata = {"name": name, "namespace": "default", "labels": {"app": name}}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata, **more}


PARENT = {
    "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
    "kind": "VSphereSource",
    "metadata": {"name": "one", "namespace": "default", "uid": "u1"},
}
OWNER = {
    "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
    "kind": "VSphereSource",
    "name": "one",
    "uid": "u1",
    "controller": True,
    "blockOwnerDeletion": True,
}
KIND = "ServiceAccount.v1"


def ours(name, **more):
    """What is applied for a child that is not there."""
    made = child(name, **more)
    made["metadata"] |= {
        "labels": {"app": name, "controller-uid": "u1"},
        "ownerReferences": [OWNER],
    }
    return made


def stored(item, **metadata):
    """What an API server makes of an applied object."""
    made = copy.deepcopy(item)
    made["metadata"] |= {"uid": f"uid-of-{item['metadata']['name']}", "resourceVersion": "1"}
    made["metadata"] |= metadata
    return made


def decide(answered, *observed, applied=()):
    """Plan for the parent, after the pairs *applied*."""
    everything = plan.keyed(listing(KIND, observed))
    mine = plan.families(everything).get("u1", {KIND: {}})
    return plan.plan(
        {"parent": PARENT, "children": mine},
        answered,
        everything,
        {plan.key_of(one): (plan.settled(one), plan.settled(result)) for one, result in applied},
    )


def only_this(item):
    """The same object, to be applied to the one that is there."""
    made = copy.deepcopy(item)
    made["metadata"]["uid"] = f"uid-of-{item['metadata']['name']}"
    return made


def test_an_answered_child_is_applied_as_the_parents_own():
    assert decide([child("a")]) == plan.Plan(apply=[ours("a")])


def test_an_applied_child_has_the_owner_and_the_label_that_metacontroller_gives_it():
    request = recorded("sync-children-created")
    kind, name = first(request, "children")
    existing = request["children"][kind][name]
    metadata = {name: existing["metadata"][name] for name in ("name", "namespace")}
    answered = {**{name: existing[name] for name in ("apiVersion", "kind")}, "metadata": metadata}

    [applied] = plan.plan(request, [answered], request["children"], {}).apply

    assert applied["metadata"]["ownerReferences"] == existing["metadata"]["ownerReferences"]
    assert (
        applied["metadata"]["labels"]["controller-uid"]
        == (existing["metadata"]["labels"]["controller-uid"])
    )


@pytest.mark.parametrize(
    "now",
    [
        pytest.param({}, id="as it was stored"),
        pytest.param({"status": {"ready": True}}, id="with another status"),
        pytest.param({"metadata": {"resourceVersion": "2", "generation": 3}}, id="written again"),
    ],
)
def test_a_child_that_is_as_applied_is_not_applied_again(now):
    result = stored(ours("a"))
    changed = {**result, **now, "metadata": {**result["metadata"], **now.get("metadata", {})}}

    made = decide([child("a")], changed, applied=[(ours("a"), result)])

    assert made == plan.Plan()


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(stored(ours("a"), labels={}), id="a removed label"),
        pytest.param(stored(ours("a"), annotations={"b": "c"}), id="an annotation"),
        pytest.param(stored(ours("a", secrets=[{"name": "b"}])), id="another field"),
    ],
)
def test_a_child_that_somebody_changed_is_applied_again(damaged):
    applied = [(ours("a"), stored(ours("a")))]

    made = decide([child("a")], damaged, applied=applied)

    assert made == plan.Plan(apply=[only_this(ours("a"))])


def test_a_child_that_is_answered_otherwise_is_applied_again():
    applied = [(ours("a"), stored(ours("a")))]

    made = decide([child("a", secrets=[])], stored(ours("a")), applied=applied)

    assert made == plan.Plan(apply=[only_this(ours("a", secrets=[]))])


def test_a_child_that_is_no_longer_answered_is_deleted():
    old = stored(ours("a"))

    made = decide([child("b")], old)

    assert made == plan.Plan(
        apply=[ours("b")], delete=[{"apiVersion": "v1", "kind": "ServiceAccount", **old}]
    )


@pytest.mark.parametrize(
    "owners",
    [
        pytest.param([], id="nobody's"),
        pytest.param([{**OWNER, "uid": "u2"}], id="another's"),
        pytest.param([{**OWNER, "controller": False}], id="only for the garbage collector"),
    ],
)
def test_an_object_that_the_parent_does_not_control_is_neither_applied_nor_deleted(owners):
    theirs = stored(ours("a"), ownerReferences=owners)

    assert decide([child("a")], theirs) == plan.Plan(leave=[child("a")])
    assert decide([], theirs) == plan.Plan()


def test_a_child_of_a_kind_that_is_not_declared_is_left_alone():
    secret = {**child("a"), "kind": "Secret"}

    assert decide([secret]) == plan.Plan(leave=[secret])


@pytest.mark.parametrize(
    ("answer", "spec", "expected"),
    [
        pytest.param({"resyncAfterSeconds": 0}, {}, math.inf, id="nobody asks for it"),
        pytest.param({"resyncAfterSeconds": 5}, {}, 5, id="the hook does"),
        pytest.param({}, {"resyncPeriodSeconds": 30}, 30, id="the controller does"),
        pytest.param({"resyncAfterSeconds": 5}, {"resyncPeriodSeconds": 3}, 3, id="both do"),
    ],
)
def test_a_hook_is_asked_again_after(answer, spec, expected):
    assert plan.resync_after(answer, {"spec": spec}) == expected
