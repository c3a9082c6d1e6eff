"""Label selectors, as Kubernetes reads them."""

from collections.abc import Iterable, Mapping

from .model import Object


def is_selector(found: object) -> bool:
    """Whether *found* can be read as a label selector."""
    if not isinstance(found, dict):
        return False
    match found.get("matchLabels") or {}, found.get("matchExpressions") or []:
        case dict(labels), [*expressions]:
            return _are_texts(labels.values()) and all(map(_is_expression, expressions))
    return False


def matches(selector: Object, labels: Mapping[str, str]) -> bool:
    """Whether *labels* meet a label selector; the empty one is met by all."""
    needed = (selector.get("matchLabels") or {}).items()
    return needed <= labels.items() and all(
        _meets(expression, labels) for expression in selector.get("matchExpressions") or []
    )


def _is_expression(found: object) -> bool:
    match found:
        case {"key": str(), "operator": "In" | "NotIn", "values": [*values]}:
            return _are_texts(values)
        case {"key": str(), "operator": "Exists" | "DoesNotExist"}:
            return True
    return False


def _are_texts(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def _meets(expression: Object, labels: Mapping[str, str]) -> bool:
    value, values = labels.get(expression["key"]), expression.get("values") or []
    match expression["operator"]:
        case "In":
            return value is not None and value in values
        case "NotIn":
            return value is None or value not in values
        case "Exists":
            return value is not None
        case _:
            return value is None
