"""The figures as tables, and beside them what was wanted."""

from dataclasses import dataclass

NECESSARY = {
    "create serviceaccounts": 1,
    "create roles": 1,
    "create rolebindings": 1,
    "create deployments": 1,
    # That it was seen, and what waits for what; then that all children are there.
    "update vspheresources/status": 2,
}
"""Writes of Metacontroller for a new source."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One thing that was wanted, and what it came to."""

    wanted: str
    found: str
    kept: bool
    promise: bool = False
    """A count: it has to be so on any machine."""


def verdicts(figures):
    """Judge the figures."""
    return [*_goals(figures), *_quiet(figures), *_promises(figures)]


def _goals(figures):
    created, cold = figures["created"], figures["cold_start"]
    converged = max(
        created["over_s"][action]
        for action in ("create deployments", "update vspheresources/status")
    )
    necessary = {action: each * figures["sources"] for action, each in NECESSARY.items()}
    per_source = sum(created["writes"].values()) / figures["sources"]
    hooks = figures["memory"]["gunicorn"]["rss_mib"]
    both = sum(figures["memory"][name]["pss_mib"] for name in ("gunicorn", "hooks.webhook"))
    return [
        Verdict(
            wanted="Deployment and status of every source within 15 s of the last create",
            found=f"{converged:.1f} s",
            kept=converged <= 15,
        ),
        *(
            Verdict(
                wanted=f"p99 of a sync inside the hook within 10 ms, {when}",
                found=f"{phase['sync_p99_ms']:.1f} ms",
                kept=phase["sync_p99_ms"] <= 10,
            )
            for when, phase in (("new sources", created), ("cold start", cold))
        ),
        Verdict(
            wanted="Hooks within 150 MiB (RSS, all processes)",
            found=f"{hooks:.0f} MiB",
            kept=hooks <= 150,
        ),
        Verdict(
            wanted="Hooks and webhook within 150 MiB (PSS, all processes)",
            found=f"{both:.0f} MiB",
            kept=both <= 150,
        ),
        Verdict(
            wanted=f"Writes for a new source: the necessary {sum(NECESSARY.values())}",
            found=f"{per_source:.2f}",
            kept=created["writes"] == necessary,
        ),
    ]


def _quiet(figures):
    seconds, count = figures["quiet_seconds"], figures["sources"] + 1
    return [
        Verdict(
            wanted=f"No write and no hook request in {seconds:.0f} s, {when}",
            found=f"{quiet['writes']} and {quiet['hook_requests']}",
            kept=not any(quiet.values()),
            promise=True,
        )
        for when, quiet in (
            ("1 source", figures["quiet_at_1"]),
            (f"{count:,} sources", figures["quiet"]),
            (f"{count:,} after a cold start", figures["quiet_after_cold_start"]),
        )
    ]


def _promises(figures):
    count = figures["sources"] + 1
    cold, rollout = figures["cold_start"], figures["rollout"]
    restarted, rolled = (
        # That it has taken up a controller is told in an Event.
        {action: n for action, n in phase["writes"].items() if "events" not in action}
        for phase in (cold, rollout)
    )
    return [
        Verdict(
            wanted="Every source has its Deployment and a status of its present spec",
            found=f"{figures['sources'] - len(figures['unfinished']):,} of {figures['sources']:,}",
            kept=not figures["unfinished"],
            promise=True,
        ),
        Verdict(
            wanted="Every source synced after a cold start, without a write",
            found=f"{cold['syncs']:,} syncs, {sum(restarted.values())} writes",
            kept=cold["syncs"] >= count and not restarted,
            promise=True,
        ),
        Verdict(
            wanted="A rollout writes each Deployment once, and nothing else",
            found=", ".join(f"{n:,} times {action}" for action, n in rolled.items()),
            kept=rolled == {"update deployments": count},
            promise=True,
        ),
    ]


def tables(figures):
    """Write it all down, as Markdown."""
    return "\n".join(
        [
            *judged(verdicts(figures)),
            "",
            *table(" | new sources | cold start | rollout", _phases(figures)),
            "",
            *memory(figures["memory"]),
        ]
    )


def judged(found):
    """The table of verdicts."""
    return table(
        "wanted | found | ",
        (f"{verdict.wanted} | {verdict.found} | {_mark(verdict)}" for verdict in found),
    )


def memory(used):
    """The table of what each program used."""
    return table(
        "program | RSS MiB | PSS MiB",
        (
            f"{name} | {usage['rss_mib']:.0f} | {usage['pss_mib']:.0f}"
            for name, usage in used.items()
        ),
    )


def table(head, rows):
    """One table, line by line."""
    return [f"| {head} |", "|---" * (head.count("|") + 1) + "|", *(f"| {row} |" for row in rows)]


def _mark(verdict):
    if verdict.kept:
        return "yes"
    return "**BROKEN**" if verdict.promise else "**missed**"


def _phases(figures):
    phases = [figures[name] for name in ("created", "cold_start", "rollout")]

    def row(name, cell):
        return " | ".join([name, *(cell(phase) for phase in phases)])

    def over(action):
        return lambda phase: f"{phase['over_s'][action]:.1f}" if action in phase["over_s"] else ""

    return [
        row("begun within, s", lambda phase: f"{phase['began_within_s']:.1f}"),
        row("all Deployments created, s", over("create deployments")),
        row("all Deployments updated, s", over("update deployments")),
        row("all sources with a status, s", over("update vspheresources/status")),
        row("last write, s", lambda phase: f"{phase['last_write_s']:.1f}"),
        row("last hook request, s", lambda phase: f"{phase['asked_last_s']:.1f}"),
        row("syncs", lambda phase: f"{phase['syncs']:,}"),
        row("customize requests", lambda phase: f"{phase['customizes']:,}"),
        row("requests about workloads", lambda phase: f"{phase['other_requests']:,}"),
        row("hook requests/s", lambda phase: f"{phase['hook_requests_per_s']:.0f}"),
        row("sync p50, ms", lambda phase: f"{phase['sync_p50_ms']:.2f}"),
        row("sync p99, ms", lambda phase: f"{phase['sync_p99_ms']:.2f}"),
        row("writes of Metacontroller", lambda phase: f"{sum(phase['writes'].values()):,}"),
        row("refused writes", lambda phase: f"{phase['refused']:,}"),
        *(
            row(f"CPU s, {name}", lambda phase, name=name: f"{phase['cpu_seconds'][name]:.1f}")
            for name in phases[0]["cpu_seconds"]
        ),
        row("taken by others", lambda phase: f"{phase['others_share']:.0%}"),
    ]
