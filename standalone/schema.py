"""What an API server does to a manifest of a custom kind: refuse it, or fill in its defaults.

Structure comes first: unknown fields, types, bounds. Only a manifest of sound structure is put to
the CEL rules, as in Kubernetes, so that these can rely on types.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self, cast

import jsonschema
import yaml

from .cel import Rule, UnsupportedRuleError

Object = dict[str, Any]

RULES = "x-kubernetes-validations"

LIMITS = {
    "type": "must be of type {}",
    "enum": "must be one of {}",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "maxLength": "must have at most {} characters",
    "maxItems": "must have at most {} items",
    "maxProperties": "must have at most {} entries",
}
"""How a keyword of a schema reads to the person whose value breaks it."""

STRING: Object = {"type": "string"}
STRINGS: Object = {"type": "object", "additionalProperties": STRING}
METADATA: Object = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {
            "type": "string",
            "maxLength": 253,
            RULES: [
                {
                    "rule": r"self.matches(r'^[a-z0-9]([-a-z0-9]*[a-z0-9])?"
                    r"(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",
                    "message": 'must be lower-case letters, digits, "-" and ".", like my-source',
                }
            ],
        },
        "namespace": {
            "type": "string",
            "maxLength": 63,
            RULES: [
                {
                    "rule": "self.matches(r'^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
                    "message": 'must be lower-case letters, digits and "-", like default',
                }
            ],
        },
        "labels": STRINGS,
        "annotations": STRINGS,
        # What an API server adds, so that `kubectl get -o yaml` is a manifest, too.
        "creationTimestamp": STRING,
        "finalizers": {"type": "array"},
        "generation": {"type": "integer"},
        "managedFields": {"type": "array"},
        "ownerReferences": {"type": "array"},
        "resourceVersion": STRING,
        "uid": STRING,
    },
}
"""Every object's metadata: a CRD leaves it to the API server."""


class InvalidManifestError(ValueError):
    """A manifest breaks its schema; the message has one line for each problem."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Schemas:
    """The custom kinds and what their CRDs ask of a manifest."""

    validators: Mapping[str, jsonschema.Draft4Validator]

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read every CRD in *folder*; a rule that cannot be evaluated is an error now."""
        documents = (
            document
            for file in sorted(folder.glob("*.yaml"))
            for document in yaml.safe_load_all(file.read_text(encoding="utf-8"))
        )
        crds = [item for item in documents if item["kind"] == "CustomResourceDefinition"]
        return cls(validators={crd["spec"]["names"]["kind"]: _validator(crd) for crd in crds})

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that `admit` knows."""
        return frozenset(self.validators)

    def admit(self, manifest: Object) -> Object:
        """Return *manifest* (of one of `kinds`) with its defaults, itself left as it was.

        Raises:
            InvalidManifestError: It breaks its schema.
        """
        validator = self.validators[manifest["kind"]]
        schema: Any = validator.schema
        admitted: Object = _defaulted(manifest, schema)
        problems = sorted(
            {line for fault in validator.iter_errors(admitted) for line in _explain(fault)}
        )
        problems = problems or list(_broken_rules(admitted, schema, ""))
        if problems:
            who = f'{manifest["kind"]} "{_name(manifest)}"'
            raise InvalidManifestError("\n".join(f"{who}: {problem}" for problem in problems))
        return admitted


def _validator(crd: Object) -> jsonschema.Draft4Validator:
    """Build the validator of the stored version; OpenAPI 3.0 speaks JSON Schema's draft 4."""
    spec = crd["spec"]
    kind = spec["names"]["kind"]
    version = next(version for version in spec["versions"] if version["storage"])
    schema = version["schema"]["openAPIV3Schema"]
    fixed = {"apiVersion": f"{spec['group']}/{version['name']}", "kind": kind}
    schema["properties"] |= {name: STRING | {"enum": [value]} for name, value in fixed.items()}
    schema["properties"]["metadata"] = METADATA
    schema["required"] = [*schema.get("required", ()), *fixed, "metadata"]
    return jsonschema.Draft4Validator(_prepared(schema, kind))


def _prepared(schema: Object, path: str) -> Object:
    """Copy *schema* with its rules compiled and no room for unknown fields, at every level."""
    prepared = dict(schema)
    if "properties" in schema:
        prepared["properties"] = {
            name: _prepared(field, f"{path}.{name}") for name, field in schema["properties"].items()
        }
        prepared["additionalProperties"] = False
    for keyword in {"items", "additionalProperties"} & set(schema):
        prepared[keyword] = _prepared(schema[keyword], f"{path}.{keyword}")
    try:
        prepared[RULES] = [Rule.compile(rule) for rule in schema.get(RULES, ())]
    except UnsupportedRuleError as error:
        raise UnsupportedRuleError(f"{path}: {error}") from error
    return prepared


def _field(schema: Object, name: str) -> Object:
    """Return the schema of the field *name*, empty when it is unknown."""
    field = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
    return cast("Object", field or {})


def _defaulted(value: Any, schema: Object) -> Any:  # noqa: ANN401 - any JSON
    """Copy *value*, a null of a known field counting as absent, and fill in the defaults."""
    if isinstance(value, list):
        return [_defaulted(item, schema.get("items", {})) for item in value]
    if not isinstance(value, dict):
        return value
    given = {
        name: item for name, item in value.items() if item is not None or not _field(schema, name)
    }
    defaults = {
        name: field["default"]
        for name, field in schema.get("properties", {}).items()
        if "default" in field and name not in given
    }
    return {
        name: _defaulted(item, _field(schema, name)) for name, item in (given | defaults).items()
    }


def _explain(fault: jsonschema.ValidationError) -> Iterator[str]:
    """Name the field and its limit; never its value, which may hold a password."""
    path = functools.reduce(_join, fault.absolute_path, "")
    keyword, limit = str(fault.validator), cast("Any", fault.validator_value)
    given, schema = cast("Any", fault.instance), cast("Any", fault.schema)
    match keyword:
        case "required":
            yield from (f"{_join(path, name)}: is required" for name in limit if name not in given)
        case "additionalProperties":
            unknown = [name for name in given if not _field(schema, name)]
            yield from (f"{_join(path, name)}: is not a known field" for name in unknown)
        case _:
            shown = ", ".join(limit) if isinstance(limit, list) else limit
            yield f"{path}: " + LIMITS.get(keyword, f"must satisfy {keyword} {{}}").format(shown)


def _broken_rules(value: object, schema: Object, path: str) -> Iterator[str]:
    """Ask every rule that applies to *value* or to anything in it."""
    for rule in schema.get(RULES, ()):
        if problem := rule.problem(value):
            yield f"{path}{rule.field_path}: {problem}"
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _broken_rules(item, _field(schema, name), _join(path, name))
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _broken_rules(item, schema.get("items", {}), _join(path, index))


def _join(path: str, step: str | int) -> str:
    if isinstance(step, int):
        return f"{path}[{step}]"
    return f"{path}.{step}" if path else step


def _name(manifest: Object) -> str:
    match manifest:
        case {"metadata": {"name": str(name)}}:
            return name
    return ""
