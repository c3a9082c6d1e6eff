"""Validation rules of a CRD, in CEL: compiled once, then asked about one value at a time.

celpy looks a function up only when a rule calls it, so what it lacks is searched for here, when
a rule is compiled: a rule that cannot be evaluated must not pass for one that holds.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Self

import celpy
from celpy.celtypes import IntType, StringType
from celpy.evaluation import base_functions

MACROS = {"has", "all", "exists", "exists_one", "map", "filter"}
"""What celpy evaluates itself, without looking a function up."""


def _lower_ascii(text: StringType) -> StringType:
    return StringType("".join(char.lower() if char.isascii() else char for char in text))


def _substring(text: StringType, start: IntType) -> StringType:
    if not 0 <= start <= len(text):
        raise ValueError("no such substring")
    return StringType(text[start:])


STRINGS: dict[str, celpy.CELFunction] = {"lowerAscii": _lower_ascii, "substring": _substring}
"""Of Kubernetes' own functions, those that our rules call."""


class UnsupportedRuleError(ValueError):
    """A rule of a CRD cannot be evaluated outside an API server."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rule:
    """One item of `x-kubernetes-validations`."""

    program: celpy.Runner
    message: str
    field_path: str

    @classmethod
    def compile(cls, validation: dict[str, str]) -> Self:
        """Make a rule of *validation*, or raise `UnsupportedRuleError`."""
        rule = validation["rule"]
        if unknown := sorted(set(validation) - {"rule", "message", "fieldPath", "reason"}):
            raise UnsupportedRuleError(f"{rule}: {', '.join(unknown)} is not supported")
        environment = celpy.Environment()
        try:
            tree = environment.compile(rule)
        except celpy.CELParseError as error:
            raise UnsupportedRuleError(f"{rule}: is no CEL expression: {error}") from error
        if missing := sorted(_names(tree) - MACROS - set(base_functions) - set(STRINGS) - {"self"}):
            raise UnsupportedRuleError(f"{rule}: {', '.join(missing)} is not supported")
        return cls(
            program=environment.program(tree, functions=STRINGS),
            message=validation.get("message", f"failed rule: {rule}"),
            field_path=validation.get("fieldPath", ""),
        )

    def problem(self, value: object) -> str | None:
        """Say what is wrong with *value*, or None when it obeys the rule."""
        try:
            holds = self.program.evaluate({"self": celpy.json_to_cel(value)})
        except celpy.CELEvalError as error:
            return f"{self.message} (its rule failed: {error.args[0]})"
        return None if holds else self.message


def _names(tree: Any) -> set[str]:  # noqa: ANN401 - a lark tree, for which celpy has no type
    """Collect the functions that *tree* calls and the variables it reads but does not bind."""
    called: set[str] = set()
    read: set[str] = set()
    bound: set[str] = set()
    for node in tree.iter_subtrees():
        name = next((child for child in node.children if isinstance(child, str)), "")
        if node.data in {"ident_arg", "member_dot_arg"}:
            called.add(str(name))
        elif node.data == "ident":
            read.add(str(name))
        if node.data == "member_dot_arg" and name in MACROS:
            bound.add(str(next(node.children[-1].find_data("ident")).children[0]))
    return called | (read - bound)
