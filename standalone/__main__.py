"""`python -m standalone`: the system without a cluster.

Exits 0 after SIGINT, SIGTERM or the asked-for number of events, 2 when something given is wrong.
"""

import argparse
import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from . import demo, manifests
from .display import Display
from .manifests import ManifestError
from .runner import CRDS, Runner
from .schema import Schemas

TURN_SECONDS = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks, and return the exit code."""
    options = _parser().parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        if options.command == "demo":
            _demo(options.state, options.events, stop)
        else:
            _run(options.files, options.state, dict(options.service), stop.is_set, stop.wait)
    except ManifestError as error:
        _say(str(error))
        return 2
    return 0


def _demo(state: Path, events: int | None, stop: threading.Event) -> None:
    """Print events of the simulated vCenter until stopped, or until *events* have come."""

    def show(line: str) -> None:
        try:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read the events has gone: as good as Ctrl-C.
            stop.set()

    declared = manifests.load([demo.SAMPLE], Schemas.load(CRDS))
    [secret] = declared.secrets.values()
    with Display(show) as display, demo.vcenter(secret, state=state) as url:
        services = {demo.VCENTER: url, demo.EVENT_DISPLAY: display.url}

        def done() -> bool:
            return stop.is_set() or (events is not None and display.distinct >= events)

        _run([demo.SAMPLE], state, services, done, stop.wait)


def _run(
    files: Sequence[Path],
    state: Path,
    services: Mapping[str, str],
    done: Callable[[], bool],
    wait: Callable[[float], object],
) -> None:
    """Run the sources of *files* until *done*."""
    with contextlib.closing(
        Runner(paths=files, state=state.absolute(), services=services, said=_say)
    ) as runner:
        while not done():
            runner.turn()
            wait(TURN_SECONDS)


def _say(message: str) -> None:
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m standalone", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run the VSphereSources of manifest files")
    run.add_argument("files", nargs="+", type=Path, metavar="FILE")
    run.add_argument(
        "--service",
        action="append",
        default=[],
        type=_service,
        metavar="NAMESPACE/NAME=URL",
        help="where a Service that is a sink leads to, for there is no cluster to ask",
    )
    show = commands.add_parser("demo", help="run the quickstart sample on a simulated vCenter")
    show.add_argument("--events", type=int, metavar="N", help="end after N distinct events")
    for command in (run, show):
        command.add_argument(
            "--state",
            type=Path,
            default=Path(".standalone") / command.prog.split()[-1],
            help="folder for checkpoints (default: %(default)s)",
        )
    return parser


def _service(text: str) -> tuple[str, str]:
    name, separator, url = text.partition("=")
    namespace, slash, service = name.partition("/")
    if not (
        separator and slash and namespace and service and url.startswith(("http://", "https://"))
    ):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAMESPACE/NAME=URL")
    return f"{service}.{namespace}.svc.cluster.local", url


if __name__ == "__main__":
    sys.exit(main())
