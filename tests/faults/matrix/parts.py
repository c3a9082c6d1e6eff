"""The whole matrix, in parts."""

from dataclasses import dataclass

from tests.faults.cell import Cell

from . import (
    at_most_once,
    bursts,
    chaos,
    dead_letters,
    events,
    json_data,
    process,
    sink,
    store,
    storms,
    strict,
    vcenter,
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """Cells that belong together under one *title*."""

    title: str
    cells: tuple[Cell, ...]


PARTS = (
    Part(title="The sink …", cells=sink.CELLS),
    Part(title="vCenter, and the network to it …", cells=vcenter.CELLS),
    Part(title="Events, and how vCenter shows them", cells=events.CELLS),
    Part(title="Bursts that vCenter compresses", cells=bursts.CELLS),
    Part(title="Data as JSON", cells=json_data.CELLS),
    Part(title="The checkpoint, and what keeps it", cells=store.CELLS),
    Part(title="The adapter's process", cells=process.CELLS),
    Part(title="A dead-letter sink", cells=dead_letters.CELLS),
    Part(title="Strict order", cells=strict.CELLS),
    Part(title="Everything at once", cells=(*chaos.CELLS, *storms.CELLS)),
    Part(title="Without replay", cells=at_most_once.CELLS),
)
