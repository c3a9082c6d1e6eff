"""Manifests from files: read, told apart by kind, and admitted as an API server would."""

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from .schema import InvalidManifestError, Object, Schemas

SOURCE = "VSphereSource"


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
    for path in paths:
        for number, document in enumerate(_documents(path), start=1):
            try:
                _add(manifests, document, schemas)
            except (ManifestError, InvalidManifestError) as error:
                where = f"{path}, document {number}"
                raise ManifestError(
                    "\n".join(f"{where}: {line}" for line in str(error).splitlines())
                ) from error
    if not manifests.sources:
        raise ManifestError(f"{', '.join(map(str, paths))}: there is no {SOURCE} to run.")
    return manifests


def _documents(path: Path) -> Iterator[object]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ManifestError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path} is not UTF-8 text.") from error
    try:
        yield from (item for item in yaml.safe_load_all(text) if item is not None)
    except yaml.YAMLError as error:
        # The parser's own words may quote the file, and with it a password.
        mark = getattr(error, "problem_mark", None)
        line = "" if mark is None else f" (line {mark.line + 1})"
        raise ManifestError(f"{path} is not YAML{line}.") from error


def _add(manifests: Manifests, document: object, schemas: Schemas) -> None:
    if not isinstance(document, dict) or not isinstance(document.get("kind"), str):
        raise ManifestError("this is no Kubernetes object: it has no kind.")
    kind = document["kind"]
    if kind == SOURCE:
        source = schemas.admit(document)
        source["metadata"].setdefault("namespace", "default")
        manifests.sources[_key(source)] = source
    elif kind == "Secret":
        manifests.secrets[_key(document)] = _secret(document)
    elif kind == "Service":
        # Only a name: --service says where it leads to.
        _key(document)
    else:
        raise ManifestError(
            f"kind {kind} is not known here: without a cluster there are {SOURCE}, "
            "Secret and Service."
        )


def _key(document: Object) -> tuple[str, str]:
    metadata = document.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        raise ManifestError(f"{document['kind']}: metadata.name is missing.")
    return metadata.get("namespace", "default"), metadata["name"]


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
                plain = value.encode()
                values[key] = base64.b64decode(plain, validate=True) if part == "data" else plain
            except binascii.Error:
                raise ManifestError(f'Secret "{name}": {part}.{key} is not base64.') from None
    return values
