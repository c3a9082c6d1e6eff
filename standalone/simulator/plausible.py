"""An endless, repeatable series of the events that a busy vCenter has."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence

from . import machine_stories, site_stories
from .events import Event
from .history import int32
from .inventory import Machine
from .scene import Scene

STORIES = (*machine_stories.STORIES, *site_stories.STORIES)
USERS = ("VSPHERE.LOCAL\\Administrator", "LAB\\ada", "LAB\\grace", "LAB\\backup")


def event(seed: int, n: int, *, created: dt.datetime, machines: Sequence[Machine]) -> Event:
    """Tell event *n* of the series *seed*: the same arguments, the same event.

    Two events in a row are one story and share a chain, which is the key of the first if keys are
    given out as `feed` does.
    """
    story, part = divmod(n, 2)
    dice = random.Random(f"{seed}/{story}")  # noqa: S311  # a made-up world, not a secret
    tellers = dice.choice(STORIES)
    scene = Scene(
        story=story,
        roll=dice.randrange(1000),
        machine=dice.choice(machines),
        user=dice.choice(USERS),
        created=created,
        chain=int32(n - part + 1),
    )
    return tellers[part](scene)
