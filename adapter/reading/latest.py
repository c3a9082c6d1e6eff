"""Reading where vCenter, or an ESXi host, gives only its newest events: again and again. No I/O."""

from collections.abc import Iterable

from adapter.events.event import Event
from adapter.events.gap import Cause, Gap
from adapter.events.message import instant

from .place import Place


def news(page: Iterable[Event], place: Place) -> list[Event]:
    """Find what of an unordered *page* was not read before, and put it in order."""
    new = [event for event in page if _is_new(event, place)]
    return sorted(new, key=lambda event: (event.created, event.key))


def overrun(page: Iterable[Event], place: Place, *, full: bool) -> Gap | None:
    """Tell that more happened since the last look than the newest events go back to.

    As long as a page shows something that was read before, nothing lies between. One that is not
    *full* shows all there is.
    """
    first = min((event for event in page if event.gap is None), key=_age, default=None)
    if first is None or first.created <= place.time or not (full or place.key):
        return None
    if first.key == place.key + 1:
        return None
    return Gap(
        start=place.time,
        end=first.created,
        cause=Cause.PAGE_OVERRUN,
        message="More happened between two looks than vCenter shows of its newest events: "
        f"those from {instant(place.time)} to {instant(first.created)} may be missing.",
        mark=place.key,
    )


def _is_new(event: Event, place: Place) -> bool:
    if event.gap is not None:
        return event.created >= place.begin and not place.knows(event)
    return place.misses(event.key, event.created)


def _age(event: Event) -> tuple[object, int]:
    return event.created, event.key
