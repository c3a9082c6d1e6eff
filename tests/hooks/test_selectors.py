"""What counts as a label selector, where no schema has said so."""

import pytest

from hooks.selectors import is_selector


def expression(**changes):
    return {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]} | changes]}


@pytest.mark.parametrize(
    "found",
    [
        pytest.param({}, id="empty"),
        pytest.param({"matchLabels": {"app": "web"}}, id="labels"),
        pytest.param({"matchLabels": None, "matchExpressions": None}, id="nulls"),
        pytest.param(expression(), id="in"),
        pytest.param(expression(operator="NotIn"), id="not in"),
        pytest.param(expression(operator="Exists", values=None), id="exists"),
        pytest.param({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, id="none"),
    ],
)
def test_a_selector_has_labels_or_expressions(found):
    assert is_selector(found)


@pytest.mark.parametrize(
    "found",
    [
        pytest.param("app=web", id="text"),
        pytest.param([], id="list"),
        pytest.param({"matchLabels": "app=web"}, id="labels as text"),
        pytest.param({"matchLabels": {"app": 1}}, id="a label that is a number"),
        pytest.param({"matchExpressions": {"key": "app"}}, id="expressions that are no list"),
        pytest.param({"matchExpressions": ["app"]}, id="an expression that is text"),
        pytest.param(expression(key=1), id="a key that is a number"),
        pytest.param(expression(operator="in"), id="an unknown operator"),
        pytest.param(expression(values=None), id="in nothing"),
        pytest.param(expression(values="web"), id="values that are no list"),
        pytest.param(expression(values=[1]), id="a value that is a number"),
    ],
)
def test_anything_else_is_none(found):
    assert not is_selector(found)
