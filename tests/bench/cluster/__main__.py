"""How the system behaves on a real control plane: with a thousand sources, or a hundred bindings.

Usage: python -m tests.bench.cluster [sources|bindings] [--sources N] [--quiet SECONDS] [--short]
[--json FILE]. Linux only: it reads /proc. Ends with code 1 when a count is not what is promised; a
goal of time or memory that is missed is marked.
"""

import argparse
import dataclasses
import json
import os
import shutil
import tempfile
from pathlib import Path

from standalone.cluster import Services, control_plane

from . import bindings_report, report
from .bindings_trial import SHORT, BindingsTrial, Load
from .installation import Installation
from .trial import Trial

# With it each Deployment would become a ReplicaSet and a Pod that no node runs.
CONTROLLERS = "*,-deployment-controller"


def main():
    options = _options()
    program = shutil.which(os.environ.get("METACONTROLLER") or "metacontroller")
    if program is None:
        raise SystemExit(
            "Metacontroller is missing: set METACONTROLLER to its binary, or put it on PATH."
        )
    trial, load, pages = {
        "sources": (Trial, options.sources, report),
        "bindings": (BindingsTrial, options.bindings, bindings_report),
    }[options.trial]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        services = Services(folder=Path(folder))
        with control_plane(
            services,
            prepare=lambda cluster: cluster.kubectl("apply", "--server-side", "-k", "crds"),
            controllers=CONTROLLERS,
        ) as cluster:
            installation = Installation.apply(cluster, services, program)
            figures = trial(installation).run(load, quiet_seconds=options.quiet)
    print(pages.tables(figures))
    judged = pages.verdicts(figures)
    if options.json:
        judgements = [dataclasses.asdict(verdict) for verdict in judged]
        options.json.write_text(json.dumps({**figures, "verdicts": judgements}, indent=1))
    raise SystemExit(any(verdict.promise and not verdict.kept for verdict in judged))


def _options():
    parser = argparse.ArgumentParser()
    parser.add_argument("trial", nargs="?", choices=["sources", "bindings"], default="sources")
    parser.add_argument("--sources", type=int, default=1000)
    parser.add_argument("--quiet", type=float, default=60.0)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    options.bindings = Load()
    if options.short:
        options.sources, options.bindings, options.quiet = 50, SHORT, 5.0
    return options


if __name__ == "__main__":
    main()
