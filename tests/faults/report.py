"""What the matrix found: a line for a terminal, a record for machines, tables for people."""

import dataclasses

COLUMNS = {
    "sent": "sent",
    "distinct": "distinct",
    "lost": "lost",
    "refused": "refused",
    "dead_lettered": "dead-lettered",
    "duplicated": "duplicated",
    "may_come_again": "allowed",
    "out_of_order": "out of order",
    "left_open": "left open",
}
AT_MOST_ONCE_COLUMNS = {
    "sent": "sent",
    "distinct": "distinct",
    "lost": "lost",
    "may_be_lost": "allowed",
    "told": "told",
    "duplicated": "duplicated",
    "out_of_order": "out of order",
    "left_open": "left open",
}
BEGIN, END = "<!-- make faults: begin -->\n", "<!-- make faults: end -->"


def line(result):
    """Write one result for a terminal."""
    found = "  ".join(f"{head} {value}" for head, value in _columns(result))
    log = f" (see {result.log})" if result.log else ""
    seed = "" if result.seed is None else f"  seed {result.seed}"
    return f"{result.cell.name:21} {result.seconds:4.0f} s  {found}{seed}  {result.said}{log}"


def record(result):
    """Write one result for machines."""
    return {
        "name": result.cell.name,
        "what": result.cell.what,
        "seconds": round(result.seconds, 1),
        **dataclasses.asdict(result.verdict.figures),
        "complaints": list(result.verdict.complaints),
    }


def tables(parts, results):
    """Write the results as Markdown, a table for each part of the matrix."""
    grouped = [
        (part.title, [result for result in results if result.cell in part.cells]) for part in parts
    ]
    return "\n".join(_table(title, own) for title, own in grouped if own)


def inserted(page, text):
    """Put *text* between the markers of *page*."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"The page lacks {BEGIN.strip()} or, after it, {END}.")
    return f"{before}{begin}\n{text}\n{end}{after}"


def _table(title, results):
    heads = [head for head, _ in _columns(results[0])]
    rows = [f"| {title} | {' | '.join(heads)} | |", f"|---|{'---:|' * len(heads)}---|"]
    for result in results:
        values = " | ".join(value for _, value in _columns(result))
        rows.append(f"| {result.cell.what} | {values} | {result.said} |")
    return "\n".join(rows) + "\n"


def _columns(result):
    """Give the figures that belong to the cell's table."""
    once = result.cell.expectation.at_most_once
    columns = AT_MOST_ONCE_COLUMNS if once else COLUMNS
    return [(head, f"{getattr(result.verdict.figures, name):,}") for name, head in columns.items()]
