"""Manifests from files: read, told apart by kind, and admitted as an API server would."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from .schema import InvalidManifestError, Object, Schemas

SOURCE = "VSphereSource"
KINDS = f"{SOURCE}, and Secret and Service of apiVersion v1"


class ManifestError(Exception):
    """A file cannot be used; one line per problem, each naming the file."""


@dataclass(frozen=True, kw_only=True)
class Manifests:
    """What the files declare, by (namespace, name)."""

    sources: dict[tuple[str, str], Object] = field(default_factory=dict)
    secrets: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict, repr=False)


def load(paths: Sequence[Path], schemas: Schemas) -> Manifests:
    """Read all *paths*; raises `ManifestError`."""
    manifests = Manifests()
    declared: dict[str, str] = {}
    for path in paths:
        for number, document in enumerate(_documents(path), start=1):
            if document is None:
                continue
            where = f"{path}, document {number}"
            try:
                what = _add(manifests, document, schemas)
            except (ManifestError, InvalidManifestError) as error:
                raise ManifestError(
                    "\n".join(f"{where}: {line}" for line in str(error).splitlines())
                ) from error
            if what in declared:
                raise ManifestError(f"{where}: {what} is declared before, in {declared[what]}.")
            declared[what] = where
    if not manifests.sources:
        raise ManifestError(f"{', '.join(map(str, paths))}: there is no {SOURCE} to run.")
    return manifests


def _documents(path: Path) -> Iterator[object]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ManifestError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise ManifestError(f"{path} is not UTF-8 text.") from None
    try:
        yield from yaml.safe_load_all(text)
    except (yaml.YAMLError, ValueError) as error:
        # The parser's own words may quote the file, and with it a password.
        mark = getattr(error, "problem_mark", None)
        line = "" if mark is None else f" (line {mark.line + 1})"
        raise ManifestError(f"{path} is not YAML{line}.") from None


def _add(manifests: Manifests, document: object, schemas: Schemas) -> str:
    """Take *document* over, and return what it declares, as messages name it."""
    if not isinstance(document, dict) or not isinstance(document.get("kind"), str):
        raise ManifestError("this is no Kubernetes object, which is a map with a kind.")
    match document:
        case {"kind": "VSphereSource"}:
            source = schemas.admit(document)
            key = _key(source)
            source["metadata"]["namespace"] = key[0]
            manifests.sources[key] = source
        case {"kind": "Secret", "apiVersion": "v1"}:
            key = _key(document)
            manifests.secrets[key] = _secret(document)
        case {"kind": "Service", "apiVersion": "v1"}:
            # Only a name: --service says where it leads to.
            key = _key(document)
        case {"kind": "VSphereBinding"}:
            raise ManifestError(
                "a VSphereBinding needs a cluster, for it changes workloads there. "
                f"Take it out of this file: without a cluster there are {KINDS}."
            )
        case {"kind": kind}:
            raise ManifestError(
                f"kind {kind} of apiVersion {document.get('apiVersion')} is not known here: "
                f"without a cluster there are {KINDS}."
            )
    return f"{document['kind']} {'/'.join(key)}"


def _key(document: Object) -> tuple[str, str]:
    match document.get("metadata"):
        case {"name": str(name), "namespace": str(namespace)}:
            return namespace, name
        case {"name": str(name), **others} if others.get("namespace") is None:
            return "default", name
    raise ManifestError(
        f"{document['kind']}: metadata must have a name, and may have a namespace, both strings."
    )


def _secret(document: Object) -> dict[str, bytes]:
    """Decode a Secret as the API server does: `stringData` wins over `data`."""
    name = document["metadata"]["name"]
    values = {}
    for part in ("data", "stringData"):
        given = document.get(part) or {}
        if not isinstance(given, dict):
            raise ManifestError(f'Secret "{name}": {part} must be a map.')
        for key, value in given.items():
            if not isinstance(value, str):
                raise ManifestError(f'Secret "{name}": {part}.{key} must be a string.')
            try:
                values[key] = _base64(value) if part == "data" else value.encode()
            except ValueError:
                raise ManifestError(f'Secret "{name}": {part}.{key} is not base64.') from None
    return values


def _base64(text: str) -> bytes:
    """Decode *text*, of one or more lines; raises `ValueError`."""
    return base64.b64decode("".join(text.splitlines()), validate=True)
