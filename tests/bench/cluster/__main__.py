"""How the system behaves with a thousand sources on a real control plane.

Usage: python -m tests.bench.cluster [--sources N] [--quiet SECONDS] [--short] [--json FILE]. Linux
only: it reads /proc. Ends with code 1 when a count is not what is promised; a goal of time or
memory that is missed is marked.
"""

import argparse
import dataclasses
import json
import os
import shutil
import tempfile
from pathlib import Path

from standalone.cluster import Services, control_plane

from .installation import Installation
from .report import tables, verdicts
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
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        services = Services(folder=Path(folder))
        with control_plane(
            services,
            prepare=lambda cluster: cluster.kubectl("apply", "--server-side", "-k", "crds"),
            controllers=CONTROLLERS,
        ) as cluster:
            installation = Installation.apply(cluster, services, program)
            figures = Trial(installation).run(options.sources, quiet_seconds=options.quiet)
    print(tables(figures))
    judged = verdicts(figures)
    if options.json:
        judgements = [dataclasses.asdict(verdict) for verdict in judged]
        options.json.write_text(json.dumps({**figures, "verdicts": judgements}, indent=1))
    raise SystemExit(any(verdict.promise and not verdict.kept for verdict in judged))


def _options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sources", type=int, default=1000)
    parser.add_argument("--quiet", type=float, default=60.0)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.short:
        options.sources, options.quiet = 50, 5.0
    return options


if __name__ == "__main__":
    main()
