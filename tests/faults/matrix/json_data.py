"""The data of events as JSON: another encoder, which must not fail either."""

import dataclasses

from tests.faults.cell import Cell
from tests.faults.judge import Expectation

from .dead_letters import both_failing
from .events import crowd, series

_CELLS = (
    Cell(
        name="json-unknown-classes",
        what="unknown classes, properties and types of references, and illegal characters",
        trouble=series("odd"),
        expectation=Expectation(types=3),
        short=True,
    ),
    Cell(
        name="json-1000-types",
        what="events of 1,000 types",
        trouble=series("types"),
        rate=400,
        expectation=Expectation(types=1000),
    ),
    Cell(name="json-crowd", what="100,000 events in one go", trouble=crowd),
    Cell(
        name="json-dead-letters",
        what="the sink answers 500 to one machine's (`retry: 2`), the dead-letter sink is gone 6 s",
        trouble=both_failing,
        dead_letters=True,
        delivery={"retry": 2},
        expectation=Expectation(dead_lettered=True),
    ),
)

CELLS = tuple(dataclasses.replace(cell, encoding="application/json") for cell in _CELLS)
