"""The environment of a pod, read into values; exits with one sentence that names the variable."""

from collections.abc import Mapping

from .choice import Scope
from .model import Settings
from .subjects import GroupKind


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Read what decides about sources."""
    image = environment.get("ADAPTER_IMAGE")
    if not image:
        raise SystemExit("ADAPTER_IMAGE is not set: name the image that adapters run.")
    return Settings(
        adapter_image=image,
        cluster_domain=environment.get("CLUSTER_DOMAIN") or "cluster.local",
        revision=environment.get("HOOKS_REVISION", ""),
    )


def scope_from(environment: Mapping[str, str]) -> Scope:
    """Read what decides about bindings; by default that is all kinds that are built in."""
    opt_in = environment.get("BIND_OPT_IN") or "false"
    if opt_in not in {"true", "false"}:
        raise SystemExit(f"BIND_OPT_IN is {opt_in!r}: write true or false.")
    extra = listed(environment.get("EXTRA_SUBJECTS", ""))
    return Scope(
        extra_kinds=frozenset(map(_group_kind, extra)),
        opt_in=opt_in == "true",
        own_namespace=environment.get("NAMESPACE", ""),
    )


def listed(text: str) -> list[str]:
    """Read what has commas between."""
    return [item for item in map(str.strip, text.split(",")) if item]


def _group_kind(text: str) -> GroupKind:
    group, _, kind = text.partition("/")
    if not group or not kind or "/" in kind:
        raise SystemExit(
            f"EXTRA_SUBJECTS names {text!r}: write each kind as group/Kind, with commas between."
        )
    return group, kind
