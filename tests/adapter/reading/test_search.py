"""When to search for events that came late."""

import math

import pytest

from adapter.reading.search import Search


@pytest.mark.parametrize(
    ("happened", "due"),
    [
        pytest.param([], math.inf, id="nothing: never"),
        pytest.param([("want", 10)], 11, id="something was passed over: soon"),
        pytest.param([("want", 10), ("want", 10.5)], 11, id="and more: soon after the first"),
        pytest.param([("want", 10), ("done",)], math.inf, id="a search: not again"),
        pytest.param([("done",), ("want", 20)], 22, id="after one in vain: later"),
        pytest.param([("done",)] * 9 + [("want", 20)], 80, id="after many in vain: in a minute"),
        pytest.param(
            [("done",), ("done",), ("found",), ("want", 20)], 21, id="something was found: soon"
        ),
    ],
)
def test_a_search_is_due(happened, due):
    search = Search()
    for name, *times in happened:
        getattr(search, name)(*times)

    assert search.due == due
