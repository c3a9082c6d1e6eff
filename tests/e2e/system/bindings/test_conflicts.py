"""Two bindings for one workload: the older one binds it."""

import pytest

pytestmark = pytest.mark.metacontroller

OTHER_ADDRESS = "https://other.example.com"
HAPPY = {
    "observedGeneration": 1,
    "bound": 1,
    "conditions": [{"type": "Ready", "status": "True"}],
}


@pytest.fixture
def item(place):
    return place.workload("Deployment")


@pytest.fixture
def rivals(place, item):
    """The binding that wins, and one that comes later; of one second the first by name wins.

    After them the workload is created.
    """
    name = item["metadata"]["name"]
    winner = place.binding(item, f"{name}-a")
    other = place.binding(item, f"{name}-b", address=OTHER_ADDRESS)
    place.create(winner)
    place.create(other)
    place.create(item)
    return winner, other


@pytest.fixture
def plain(place, item):
    return place.plain(item)


def test_the_older_one_binds_and_the_other_says_so(place, item, rivals, plain):
    winner, other = rivals
    name = item["metadata"]["name"]
    conflict = (
        f"VSphereBinding {name}-a, which is older, binds it. "
        "Delete one of the two, or change the subject of one."
    )

    place.until_bound(item, plain)
    place.until(lambda: place.status(winner), HAPPY)
    place.until(
        lambda: place.status(other),
        {
            "observedGeneration": 1,
            "bound": 0,
            "unbound": [{"name": name, "reason": "Conflict", "message": conflict}],
            "conditions": [
                {
                    "type": "Ready",
                    "status": "False",
                    "reason": "Conflict",
                    "message": f"Deployment {name}: {conflict}",
                }
            ],
        },
    )


@pytest.mark.parametrize(
    "leave",
    [
        pytest.param(lambda place, winner: place.delete(winner), id="is deleted"),
        pytest.param(
            lambda place, winner: place.patch(winner, {"spec": {"subject": {"name": "another"}}}),
            id="binds something else",
        ),
    ],
)
def test_when_the_winner_leaves_the_other_takes_over_by_one_change(
    place, item, rivals, plain, leave
):
    winner, other = rivals
    place.until_bound(item, plain)

    leave(place, winner)

    place.until_bound(item, plain, address=OTHER_ADDRESS)
    place.until(lambda: place.status(other), HAPPY)
    assert place.read(item)["metadata"]["generation"] == 2
