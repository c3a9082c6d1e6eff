"""vCenter's count of its events, which wraps: after 2,147,483,647 comes -2,147,483,648. No I/O."""

_HALF = 2**31

LEAP = 1_000_000
"""Keys so far apart are of different counts: so much does not happen in between."""

Span = tuple[int, int]
"""A first and a last key."""


def key_of(number: int) -> int:
    """Count as vCenter does."""
    return (number + _HALF) % (2 * _HALF) - _HALF


def steps(start: int, end: int) -> int:
    """How many keys vCenter gives out until it comes from *start* to *end*."""
    return (end - start) % (2 * _HALF)


def follows(key: int, last: int) -> bool:
    """Whether vCenter gave out that key after the *last*, which is 0 as long as there is none."""
    return last != 0 and 0 < steps(last, key) < _HALF


def is_up_to(key: int, last: int) -> bool:
    """Whether vCenter gave out that key as the *last* or, in the same count, before it."""
    return steps(key, last) <= LEAP


def within(span: Span, key: int) -> bool:
    """Whether that key is the first or the last one, or between them."""
    first, last = span
    return steps(first, key) <= steps(first, last)
