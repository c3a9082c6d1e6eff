"""Changing a manifest, for tables of manifests that differ in little."""

import copy


def edited(manifest, changes):
    """Return *manifest* with *changes*: path to new value, `...` to remove the field."""
    result = copy.deepcopy(manifest)
    for path, value in changes.items():
        *parents, name = path.split(".")
        owner = result
        for parent in parents:
            owner = owner.setdefault(parent, {})
        if value is ...:
            del owner[name]
        else:
            owner[name] = copy.deepcopy(value)
    return result
