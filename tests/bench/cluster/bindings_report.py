"""The figures of bindings as tables, and beside them what was wanted."""

from .report import Verdict, judged, memory, table

CREATED = {
    "at_once": "one namespace, at once",
    "slowly": "one namespace, slowly",
    "everywhere": "all namespaces",
}
PHASES = {**CREATED, "changed": "binding changed", "cold_start": "cold start"}
WRITTEN, STATUS = "update deployments", "update vspherebindings/status"


def verdicts(figures):
    """Judge the figures."""
    return [*_goals(figures), *_quiet(figures), *_promises(figures)]


def _goals(figures):
    load, changed, cold = figures["load"], figures["changed"], figures["cold_start"]
    written, asked_last = changed["last_write_s"], cold["asked_last_s"]
    used = max(
        programs["gunicorn"]["rss_mib"]
        for programs in (figures["memory"], figures["memory_after_cold_start"])
    )
    crowd = f"{load['crowd']} bindings in the namespace"
    slowest = {n: figures["admission"][f"{crowd}, {n} at once"]["p99_ms"] for n in (1, 4)}
    created = figures["everywhere"]
    return [
        Verdict(
            wanted=f"Cold start with {load['deployments']:,} Deployments and {load['bindings']} "
            "bindings within 120 s",
            found=f"{asked_last:.1f} s",
            kept=asked_last <= 120,
        ),
        Verdict(
            wanted="One binding changed, all its subjects and its status written within 5 s",
            found=f"{written:.1f} s",
            kept=written <= 5,
        ),
        Verdict(
            wanted="Hooks within 150 MiB (RSS, all processes)",
            found=f"{used:.0f} MiB",
            kept=used <= 150,
        ),
        *(
            Verdict(
                wanted=f"p99 of a create within 50 ms, {crowd}, {n} at once",
                found=f"{found:.1f} ms",
                kept=found <= 50,
            )
            for n, found in slowest.items()
        ),
        Verdict(
            wanted="Every Deployment is bound when it is created",
            found=f"{created['bound_at_once']:,} of {created['created']:,}",
            kept=created["bound_at_once"] == created["created"],
        ),
    ]


def _quiet(figures):
    return [
        Verdict(
            wanted=f"No write and no hook request in {figures['quiet_seconds']:.0f} s, {when}",
            found=f"{quiet['writes']} and {quiet['hook_requests']}",
            kept=not any(quiet.values()),
            promise=True,
        )
        for when, quiet in (
            ("all bound", figures["quiet"]),
            ("after a cold start", figures["quiet_after_cold_start"]),
        )
    ]


def _promises(figures):
    load, changed = figures["load"], figures["changed"]
    subjects = load["deployments"] // load["bindings"]
    written = changed["writes"].get(WRITTEN, 0)
    late = figures["everywhere"]["writes"].get(WRITTEN, 0)
    cold = figures["cold_start"]["writes"]
    restarted = sum(n for action, n in cold.items() if "events" not in action)
    return [
        Verdict(
            wanted=f"A changed binding has each of its {subjects} subjects written once",
            found=f"{figures['moved']} by {written} writes, {changed['refused']} of them refused",
            # A write that meets a conflict is refused, and done again.
            kept=figures["moved"] == subjects <= written <= subjects + changed["refused"],
            promise=True,
        ),
        Verdict(
            wanted="Metacontroller writes no Deployment that was created bound",
            found=f"{late} writes",
            kept=not late or figures["everywhere"]["bound_at_once"] < load["deployments"],
            promise=True,
        ),
        Verdict(
            wanted="Every binding says in the end that all is bound",
            found=f"{len(figures['unready'])} do not",
            kept=not figures["unready"],
            promise=True,
        ),
        Verdict(
            wanted="A cold start writes nothing",
            found=f"{restarted} writes",
            kept=not restarted,
            promise=True,
        ),
    ]


def tables(figures):
    """Write it all down, as Markdown."""
    return "\n".join(
        [
            *judged(verdicts(figures)),
            "",
            *table(" | " + " | ".join(PHASES.values()), _phases(figures)),
            "",
            *table(
                "Deployments created as a dry run | requests/s | p50 ms | p99 ms | longest ms | "
                "bound | API server waited, mean ms | webhook took, p50 ms | taken by others",
                _admissions(figures["admission"]),
            ),
            "",
            *memory(figures["memory"]),
        ]
    )


def _phases(figures):
    phases = [figures[name] for name in PHASES]

    def row(name, cell):
        return " | ".join([name, *map(cell, phases)])

    def created(name, form):
        return lambda phase: format(phase[name], form) if name in phase else ""

    return [
        row("Deployments created", created("created", ",")),
        row("created/s", created("per_s", ".0f")),
        row("bound when created", created("bound_at_once", ",")),
        row("Metacontroller's writes of Deployments", _written(WRITTEN)),
        row("Metacontroller's writes of statuses", _written(STATUS)),
        row("last write, s", lambda phase: f"{phase['last_write_s']:.1f}"),
        row("last hook request, s", lambda phase: f"{phase['asked_last_s']:.1f}"),
        *(
            row(f"requests {route}", lambda phase, r=route: f"{phase['requests'].get(r, 0):,}")
            for route in sorted(set().union(*(phase["requests"] for phase in phases)))
        ),
        row("hook requests/s", lambda phase: f"{phase['hook_requests_per_s']:.0f}"),
        row("refused writes", lambda phase: f"{phase['refused']:,}"),
        *(
            row(f"CPU s, {name}", lambda phase, n=name: f"{phase['cpu_seconds'].get(n, 0):.1f}")
            for name in phases[0]["cpu_seconds"]
        ),
        row("taken by others", lambda phase: f"{phase['others_share']:.0%}"),
    ]


def _written(action):
    return lambda phase: f"{phase['writes'].get(action, 0):,}"


def _admissions(figures):
    for what, found in figures.items():
        times = (f"{found[name]:.1f}" for name in ("p50_ms", "p99_ms", "longest_ms"))
        inside = (f"{found[name]:.1f}" for name in ("server_mean_ms", "webhook_p50_ms"))
        cells = [what, f"{found['per_s']:.0f}", *times, f"{found['bound']:,}", *inside]
        cells += [f"{found['others_share']:.0%}"]
        yield " | ".join(cells)
