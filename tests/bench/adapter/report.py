"""The figures of all trials as text for people: tables, goals, and a plot."""

import statistics

BEGIN, END = "<!-- make bench -->", "<!-- end of make bench -->"
WIDTH = 50

GOALS = {
    0.0: (2.5, 6000),
    5.0: (30, 5000),
    20.0: (75, 3600),
}
"""By the sink's milliseconds: times the Go adapter's throughput, and events a second."""


def render(rows):
    """Everything, as Markdown."""
    return "\n\n".join(
        part
        for part in (
            _backlogs(rows),
            _plot(rows),
            _latencies(rows),
            _starts(rows),
            _memory(rows),
            _imports(rows),
            _ratios(rows),
        )
        if part
    )


def insert(document, text):
    """Put *text* between the marks in *document*."""
    before, _, rest = document.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    document.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def _grouped(rows, what, *keys):
    """Medians of the rounds, by *keys*."""
    groups = {}
    for row in rows:
        if row["what"] == what:
            groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return {key: _median(group) for key, group in groups.items()}


def _median(group):
    first = group[0]
    return {
        name: statistics.median(row[name] for row in group)
        for name, value in first.items()
        if isinstance(value, int | float)
    }


def _table(heads, lines):
    rule = "|---" * len(heads) + "|"
    return "\n".join([_line(heads), rule, *map(_line, lines)])


def _line(cells):
    return f"| {' | '.join(cells)} |"


def _backlogs(rows):
    heads = ["adapter", "load", "sink", "data", "events/s", "CPU µs/event", "RSS MiB"]
    found = _grouped(rows, "backlog", "adapter", "load", "sink_ms", "data")
    return _table(
        [*heads, "first event s", "SIGTERM to exit s"],
        (
            [
                adapter,
                load,
                f"{sink:.0f} ms",
                data.removeprefix("application/"),
                f"{row['events_per_second']:,.0f}",
                f"{row['cpu_us']:.0f}",
                f"{row['rss_mib']:.0f}",
                f"{row['first_event_s']:.2f}",
                f"{row['stop_s']:.2f}",
            ]
            for (adapter, load, sink, data), row in found.items()
        ),
    )


def _plot(rows):
    found = _grouped(rows, "backlog", "sink_ms", "adapter", "load", "data")
    bars = {
        (sink, adapter): row["events_per_second"]
        for (sink, adapter, load, data), row in sorted(found.items())
        if load.startswith("vcsim") and data.endswith("xml")
    }
    most = max(bars.values())
    lines = []
    for (sink, adapter), rate in bars.items():
        bar = "█" * max(round(WIDTH * rate / most), 1)
        lines.append(f"sink {sink:2.0f} ms  {adapter:4}  {bar} {rate:,.0f}/s")
    return "\n".join(["```", *lines, "```"])


def _latencies(rows):
    return _table(
        ["adapter", "load", "p50 ms", "p99 ms", "CPU, % of a core"],
        (
            [
                adapter,
                load,
                f"{row['p50_s'] * 1000:,.0f}",
                f"{row['p99_s'] * 1000:,.0f}",
                f"{row['cpu_share'] * 100:.1f}",
            ]
            for (adapter, load), row in _grouped(rows, "latency", "adapter", "load").items()
        ),
    )


def _starts(rows):
    return _table(
        ["adapter", "first event s after start", "CPU s until then", "RSS MiB at rest"],
        (
            [
                adapter,
                f"{row['first_event_s']:.2f}",
                f"{row['cpu_s']:.2f}",
                f"{row['rss_mib']:.0f}",
            ]
            for (adapter,), row in _grouped(rows, "start", "adapter").items()
        ),
    )


def _memory(rows):
    for row in rows:
        if row["what"] == "memory":
            quiet = ", ".join(f"{mib:.0f}" for mib in row["quiet_mib"])
            return (
                f"Memory: {row['start_mib']:.0f} MiB after the start, at most "
                f"{row['most_mib']:.0f} under load; after each tenth of {row['events']:,} events: "
                f"{quiet} MiB."
            )
    return ""


def _imports(rows):
    """How much of the memory is there before anything is done."""
    (row,) = (row for row in rows if row["what"] == "imports")
    costs = {part: mib for part, mib in row.items() if isinstance(mib, float)}
    return _table(
        ["imported, in this order", "MiB"],
        [
            *([part, f"{mib:.1f}"] for part, mib in costs.items()),
            ["all", f"{sum(costs.values()):.1f}"],
        ],
    )


def _ratios(rows):
    """Compare with the Go adapter, where it ran."""
    found = _grouped(rows, "backlog", "sink_ms", "adapter", "data", "load")
    rates = {
        (sink, adapter): row
        for (sink, adapter, data, load), row in found.items()
        if load.startswith("vcsim") and data.endswith("xml")
    }
    if not any(adapter == "Go" for _, adapter in rates):
        return ""
    lines = []
    for sink, (times, absolute) in GOALS.items():
        ours, go = rates[sink, "this"], rates[sink, "Go"]
        ratio = ours["events_per_second"] / go["events_per_second"]
        cpu = ours["cpu_us"] / go["cpu_us"]
        lines.append(
            [
                f"{sink:.0f} ms",
                f"{ratio:.1f}",
                f"{times}",
                f"{ours['events_per_second']:,.0f}",
                f"{absolute:,}",
                f"{cpu:.2f}",
            ]
        )
    return _table(
        ["sink", "times Go's throughput", "goal", "events/s", "on quiet cores", "times Go's CPU"],
        lines,
    )
