"""Keys that were passed over. No I/O.

Such an event comes late, or is none that this account may see.
"""

from collections.abc import Iterable, Iterator

from adapter.events.keys import LEAP, Span, follows, key_of, steps, within

MOST = 1000
"""So many holes are remembered, the last ones: where every other event is hidden, each is one."""


class Holes:
    """Runs of keys between those that were read.

    *unsearched*: whether some came since it was said last that all were searched for.
    """

    def __init__(self, holes: Iterable[Span] = ()) -> None:
        self._holes = list(holes)
        self.unsearched = bool(self._holes)

    @property
    def spans(self) -> tuple[Span, ...]:
        """The first and last key of each; another thread may ask."""
        return tuple(self._holes)

    def step(self, last: int, key: int) -> None:
        """Remember what lies between the *last* key and one that follows it."""
        if 1 < steps(last, key) <= LEAP:
            self._holes.append((key_of(last + 1), key_of(key - 1)))
            del self._holes[:-MOST]
            self.unsearched = True

    def fill(self, key: int) -> None:
        """Take that *key* out."""
        self._holes = [part for hole in self._holes for part in _without(hole, key)]

    def searched(self) -> None:
        """Whatever was to be found there was."""
        self.unsearched = False

    def begin_anew(self, key: int) -> None:
        """Forget that key and those after it, which come again."""
        before = (_before(hole, key) for hole in self._holes)
        self._holes = [hole for hole in before if hole]

    def __contains__(self, key: int) -> bool:
        """Whether that *key* was passed over."""
        return any(within(hole, key) for hole in self._holes)


def _before(hole: Span, key: int) -> Span | None:
    first, _ = hole
    if not follows(key, first):
        return None
    return (first, key_of(key - 1)) if within(hole, key) else hole


def _without(hole: Span, key: int) -> Iterator[Span]:
    """Take *key* out of a hole, which leaves none, one or two."""
    first, last = hole
    if not within(hole, key):
        yield hole
        return
    if key != first:
        yield first, key_of(key - 1)
    if key != last:
        yield key_of(key + 1), last
