"""What becomes of the webhook's certificates, so that they never end and no request is lost.

The Secret holds two, the newest and the one before. The webhook's caBundle names both, and the
newest is served once all API servers have had time to hear of it. The one before is good for
another month by then.
"""

import base64
import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from .certificates import Certificate
from .model import Object

SPREAD = dt.timedelta(minutes=2)
"""How long API servers may take to hear of a changed caBundle."""

_KEYS = (("tls.crt", "tls.key"), ("previous.crt", "previous.key"))


def held(secret: Object) -> list[Certificate]:
    """Read the certificates of the Secret, the newest first; what is unreadable is not there."""
    return [*_readable(secret.get("data") or {})]


def renewed(
    certificates: Sequence[Certificate],
    *,
    hosts: frozenset[str],
    now: dt.datetime,
    make: Callable[[Iterable[str], dt.datetime], Certificate],
) -> list[Certificate]:
    """Return what the Secret is to hold: *certificates*, or a new one and the newest of them."""
    if certificates and not certificates[0].is_due(now) and hosts <= certificates[0].hosts:
        return [*certificates]
    return [make(sorted(hosts), now), *certificates[:1]]


def filled(secret: Object, certificates: Sequence[Certificate]) -> Object:
    """Return *secret* with *certificates* in it."""
    data: dict[str, str] = {}
    for (pem, key), certificate in zip(_KEYS, certificates, strict=False):
        data |= {pem: _encoded(certificate.pem), key: _encoded(certificate.key)}
    return {**secret, "data": data}


def trust(
    configuration: Object, certificates: Sequence[Certificate], *, now: dt.datetime
) -> Object | None:
    """Make the patch by which *configuration* trusts those of *certificates* that have not ended.

    None if it does so already. The patch merges webhooks by name, and conflicts with whatever was
    written after *configuration* was read.
    """
    bundle = _encoded("".join(one.pem for one in certificates if now < one.ends))
    bundles = _bundles(configuration)
    if all(found == bundle for found in bundles.values()):
        return None
    return {
        "metadata": {"resourceVersion": configuration["metadata"]["resourceVersion"]},
        "webhooks": [{"name": name, "clientConfig": {"caBundle": bundle}} for name in bundles],
    }


def trusted(
    configuration: Object,
    certificates: Sequence[Certificate],
    *,
    since: Mapping[str, dt.datetime],
    now: dt.datetime,
) -> dict[str, dt.datetime]:
    """Tell since when *certificates* are trusted by all webhooks of *configuration*.

    *since* is what this told the last time; what is trusted for the first time is so since *now*.
    """
    bundles = [_decoded(bundle) for bundle in _bundles(configuration).values()]
    return {
        one.pem: since.get(one.pem, now)
        for one in certificates
        if bundles and all(one.pem.encode() in bundle for bundle in bundles)
    }


def chosen(
    certificates: Sequence[Certificate], *, since: Mapping[str, dt.datetime], now: dt.datetime
) -> Certificate | None:
    """Choose what to serve: the newest that is trusted for long enough, else the oldest trusted."""
    usable = [one for one in certificates if one.pem in since and one.is_valid(now)]
    settled = (one for one in usable if now - since[one.pem] >= SPREAD)
    return next(settled, usable[-1] if usable else None)


def _readable(data: Mapping[str, str]) -> Iterator[Certificate]:
    for pem, key in _KEYS:
        try:
            yield Certificate.from_pem(_decoded(data.get(pem)), _decoded(data.get(key)))
        except ValueError:
            continue


def _bundles(configuration: Object) -> dict[str, str]:
    webhooks = configuration.get("webhooks") or []
    return {hook["name"]: hook["clientConfig"].get("caBundle") or "" for hook in webhooks}


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _decoded(text: str | None) -> bytes:
    return base64.b64decode(text or "")
