"""The matrix itself: its names, its page, and the sabotage that it must find out."""

import ast
import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from tests.faults import report
from tests.faults.cell import Cell
from tests.faults.evidence import Arrival, Evidence, Made
from tests.faults.judge import Expectation, judge
from tests.faults.matrix.parts import PARTS, Part
from tests.faults.processes.peer import ROOT
from tests.faults.run import Result
from tests.faults.sabotaged import CAUGHT_BY

CELLS = [cell for part in PARTS for cell in part.cells]
PAGE = (ROOT / "docs" / "reliability.md").read_text()
NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def result(name="a", *, lost=False, **expectation):
    evidence = Evidence(
        made=(Made(key=1, created=NOON),),
        arrivals=() if lost else (Arrival(key=1, created=NOON),),
    )
    promised = Expectation(**expectation)
    return Result(
        cell=Cell(name=name, what=f"{name} happens", trouble=print, expectation=promised),
        verdict=judge(evidence, promised),
        seconds=2.5,
        log=Path("/lab/adapter.log") if lost else None,
    )


def test_every_cell_has_a_name_of_its_own():
    names = [cell.name for cell in CELLS]

    assert sorted(set(names)) == sorted(names)


def test_the_page_shows_every_cell_and_no_other_in_the_order_of_the_matrix():
    _, _, rest = PAGE.partition(report.BEGIN)
    made, _, _ = rest.partition(report.END)
    rows = [line.split(" | ")[0].removeprefix("| ") for line in made.splitlines() if line]

    assert [row for row in rows if not row.startswith("|---")] == [
        text for part in PARTS for text in (part.title, *(cell.what for cell in part.cells))
    ]


def test_every_cell_of_the_page_kept_what_is_promised():
    _, _, rest = PAGE.partition(report.BEGIN)
    made, _, _ = rest.partition(report.END)

    assert made.count("| kept |") == len(CELLS)


def test_each_sabotage_has_a_cell_that_must_find_it_out():
    # Not imported: that would be the sabotage of whoever runs the tests.
    source = (ROOT / "tests" / "faults" / "processes" / "sabotage.py").read_text()
    functions = {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}

    assert set(CAUGHT_BY) == functions
    assert set(CAUGHT_BY.values()) <= {cell.name for cell in CELLS}


def test_a_line_tells_figures_and_verdict():
    assert report.line(result()) == (
        "a                        2 s  sent 1  distinct 1  lost 0  refused 0  dead-lettered 0  "
        "duplicated 0  allowed 0  out of order 0  left open 0  kept"
    )
    assert report.line(result(lost=True)).endswith(
        "left open 0  1 events are lost for no reason (see /lab/adapter.log)"
    )


def test_a_line_tells_the_seed_of_what_happened_at_random():
    by_chance = dataclasses.replace(result(), seed=7)

    assert report.line(by_chance).endswith("left open 0  seed 7  kept")


def test_a_record_is_for_machines():
    assert report.record(result(lost=True)) == {
        "name": "a",
        "what": "a happens",
        "seconds": 2.5,
        "sent": 1,
        "distinct": 0,
        "lost": 1,
        "may_be_lost": 0,
        "told": 0,
        "refused": 0,
        "dead_lettered": 0,
        "duplicated": 0,
        "may_come_again": 0,
        "out_of_order": 0,
        "left_open": 0,
        "may_be_left_open": 0,
        "collectors": 0,
        "complaints": ["1 events are lost for no reason"],
    }


def test_tables_stand_between_the_markers_of_a_page():
    usual, once = result("a"), result("b", at_most_once=True)
    parts = (
        Part(title="One", cells=(usual.cell,)),
        Part(title="None", cells=(result("c").cell,)),
        Part(title="Two", cells=(once.cell,)),
    )
    page = f"before\n{report.BEGIN}old\n{report.END}\nafter\n"

    assert report.inserted(page, report.tables(parts, [usual, once])) == (
        f"before\n{report.BEGIN}\n"
        "| One | sent | distinct | lost | refused | dead-lettered | duplicated | allowed "
        "| out of order | left open | |\n"
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|\n"
        "| a happens | 1 | 1 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | kept |\n"
        "\n"
        "| Two | sent | distinct | lost | allowed | told | duplicated | out of order "
        "| left open | |\n"
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|\n"
        "| b happens | 1 | 1 | 0 | 0 | 0 | 0 | 0 | 0 | kept |\n"
        f"\n{report.END}\nafter\n"
    )


def test_a_page_without_markers_is_left_alone():
    with pytest.raises(ValueError, match="The page lacks"):
        report.inserted("no markers", "tables")
