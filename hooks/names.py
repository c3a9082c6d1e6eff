"""Names of children: at most 63 characters, and those of the Go project for the same source."""

import hashlib

_LONGEST = 63


def deployment(source: str) -> str:
    """Name the adapter Deployment of *source*."""
    return _child(source, "-adapter")


def service_account(source: str) -> str:
    """Name the adapter's own ServiceAccount."""
    return _child(source, "-adapter")


def role(source: str) -> str:
    """Name the adapter's Role, and the RoleBinding that grants it."""
    return _child(source, "-adapter")


def checkpoint(source: str) -> str:
    """Name the ConfigMap that holds the checkpoint."""
    return _child(source, "-configmap")


def label_value(source: str) -> str:
    """Shorten *source* to what a label value may hold."""
    return _child(source, "")


def _child(parent: str, suffix: str) -> str:
    """Join the two; a parent too long for that is cut and told apart by its MD5.

    The rule is Knative's `kmeta.ChildName`, so that objects of the Go project are found again.
    """
    if len(parent) + len(suffix) <= _LONGEST:
        return parent + suffix
    digest = hashlib.md5(parent.encode(), usedforsecurity=False).hexdigest()
    return parent[: _LONGEST - len(digest) - len(suffix)] + digest + suffix
