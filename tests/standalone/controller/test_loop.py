"""When the hooks are asked, and what becomes of their answers."""

import pytest

from standalone.server import Response

SOURCES = "/apis/example.com/v1/sources"
ACCOUNTS = "/api/v1/serviceaccounts"
BROKERS = "/apis/example.com/v1/brokers"
SYNC, CUSTOMIZE = "/sync?rev=1", "/customize?rev=1"
APPLIED = ("PATCH", "serviceaccounts/one")
REPORTED = ("PUT", "sources/one/status")
BROKER = {
    "apiVersion": "example.com/v1",
    "resource": "brokers",
    "namespace": "default",
    "names": ["events"],
}


def answer(*names, status=None, **more):
    """Children of these names, and a status."""
    children = [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": "default"},
        }
        for name in names
    ]
    return {"children": children, "status": status or {"conditions": []}, **more}


@pytest.fixture
def source(world):
    """A source that was just created."""
    world.answers |= {SYNC: answer("one"), CUSTOMIZE: {"relatedResources": [BROKER]}}
    return world.store(SOURCES, "one", spec={})


@pytest.fixture
def settled(world, source):  # noqa: ARG001  after it
    """The world after that, in which nothing is left to do."""
    world.turns()
    return world


def test_a_new_source_gets_its_children_and_its_status(world, source):
    asked, writes = world.turns()

    # Twice, for the second time the hook sees what has come of the first.
    assert asked == [CUSTOMIZE, SYNC, SYNC]
    assert writes == [APPLIED, REPORTED]
    assert world.api.objects[f"{SOURCES[:-8]}/namespaces/default/sources/one"]["status"] == {
        "conditions": []
    }
    [account] = [item for path, item in world.api.objects.items() if "serviceaccounts" in path]
    [owner] = account["metadata"]["ownerReferences"]
    assert owner["uid"] == source["metadata"]["uid"]


def test_a_hook_is_shown_all_that_metacontroller_shows(settled):
    settled.store(BROKERS, "events", status={"address": {"url": "http://sink"}})

    settled.turns()

    [(path, request)] = settled.asked
    assert path == SYNC
    assert list(request) == ["controller", "parent", "children", "related", "finalizing"]
    assert (request["controller"]["kind"], request["parent"]["kind"], request["finalizing"]) == (
        "CompositeController",
        "Source",
        False,
    )
    assert {kind: list(found) for kind, found in request["children"].items()} == {
        "ServiceAccount.v1": ["default/one"]
    }
    assert {kind: list(found) for kind, found in request["related"].items()} == {
        "Broker.example.com/v1": ["default/events"]
    }


def test_where_nothing_changes_nobody_is_asked_and_nothing_is_written(settled):
    assert settled.turns() == ([], [])


@pytest.mark.parametrize(
    ("change", "asked", "writes"),
    [
        pytest.param(
            lambda world: world.store(SOURCES, "one", status={}),
            [SYNC, SYNC],
            [REPORTED],
            id="another status",
        ),
        pytest.param(
            lambda world: world.store(ACCOUNTS, "one", secrets=[{"name": "more"}]),
            [SYNC, SYNC],
            [APPLIED],
            id="a changed child",
        ),
        pytest.param(
            lambda world: world.api.objects.pop("/api/v1/namespaces/default/serviceaccounts/one"),
            [SYNC, SYNC],
            [APPLIED],
            id="a deleted child",
        ),
        pytest.param(
            lambda world: world.store(BROKERS, "events"), [SYNC], [], id="a related object"
        ),
        pytest.param(lambda world: world.store(BROKERS, "other"), [], [], id="an unrelated one"),
        pytest.param(
            lambda world: world.store(ACCOUNTS, "other"), [], [], id="somebody else's object"
        ),
    ],
)
def test_a_change_is_answered(settled, change, asked, writes):
    change(settled)

    assert settled.turns() == (asked, writes)


def test_a_new_spec_is_a_new_question_for_both_hooks(settled):
    metadata = {"name": "one", "namespace": "default", "generation": 2}
    settled.store(SOURCES, "one", metadata=metadata)

    asked, _ = settled.turns()

    assert asked[:2] == [CUSTOMIZE, SYNC]


def test_what_is_no_longer_answered_is_deleted(settled):
    settled.answers[SYNC] = answer(status={"conditions": ["none"]})
    settled.store(BROKERS, "events")

    _, writes = settled.turns()

    assert writes == [("DELETE", "serviceaccounts/one"), REPORTED]


@pytest.mark.parametrize(
    ("refusal", "pause"),
    [
        pytest.param(Response(status=500), 1, id="an error"),
        pytest.param(Response(status=201, body=b"{}"), 1, id="another success"),
        pytest.param(Response(status=429, headers={"Retry-After": "5"}), 5, id="not now"),
        pytest.param(None, 1, id="no answer at all"),
    ],
)
@pytest.mark.parametrize("path", [SYNC, CUSTOMIZE])
def test_without_an_answer_nothing_is_touched_and_the_hook_is_asked_again(
    settled, path, refusal, pause
):
    good = settled.answers[path]
    settled.answers[path] = refusal
    metadata = {"name": "one", "namespace": "default", "generation": 2}
    settled.store(SOURCES, "one", metadata=metadata)

    asked, writes = settled.turns()
    assert (asked.count(path), writes) == (1, [])

    settled.answers[path] = good
    settled.now += pause - 0.1
    assert settled.turns() == ([], [])
    settled.now += 0.1
    asked, _ = settled.turns()
    assert path in asked


def test_a_changed_source_does_not_wait_for_what_went_wrong_before(settled):
    settled.answers[SYNC] = Response(status=429, headers={"Retry-After": "60"})
    settled.store(SOURCES, "one", status={"conditions": ["mine"]})
    settled.turns()

    settled.store(SOURCES, "one", status={"conditions": ["yours"]})

    assert settled.turns() == ([SYNC], [])


def test_a_hook_that_asks_for_it_is_asked_again(settled):
    settled.answers[SYNC] = answer("one", resyncAfterSeconds=30)
    settled.store(BROKERS, "events")
    settled.turns()

    assert settled.turns() == ([], [])
    settled.now += 30
    assert settled.turns() == ([SYNC], [])


def test_what_is_related_is_asked_again_after_twenty_minutes(settled):
    settled.now += 20 * 60

    assert settled.turns() == ([CUSTOMIZE], [])


def test_a_child_that_may_not_be_written_does_not_silence_the_status(world, source):  # noqa: ARG001
    world.api.refused.add("/api/v1/namespaces/default/serviceaccounts/one")

    _, writes = world.turns()

    # Once more at once, for the status is a change; then not before a pause.
    assert writes == [APPLIED, REPORTED, APPLIED]


def test_nobody_is_asked_about_a_source_that_is_being_deleted(settled):
    metadata = {"name": "one", "namespace": "default", "deletionTimestamp": "now"}
    settled.store(SOURCES, "one", metadata=metadata)

    assert settled.turns() == ([], [])
