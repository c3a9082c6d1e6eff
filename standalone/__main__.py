"""`python -m standalone`: the system without a cluster.

Exits 0 after SIGINT, SIGTERM, SIGHUP or the asked-for number of events, 2 when something given is
wrong.
"""

import argparse
import contextlib
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from . import demo, manifests
from .display import Display
from .manifests import ManifestError
from .pod import DOMAIN
from .runner import CRDS, Runner
from .schema import Schemas

TURN_SECONDS = 0.25


class Stop:
    """Whether to end: no lock in it, for a signal may come while the last is being handled."""

    asked = False

    def ask(self, *_: object) -> None:
        """Let the program end; also a signal handler."""
        self.asked = True


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks, and return the exit code."""
    options = _parser().parse_args(arguments)
    stop = Stop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Who starts this with nohup wants it to outlive the terminal.
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop.ask)
    try:
        _make(options.state)
        if options.command == "demo":
            _demo(options.state, options.events, stop)
        else:
            _run(options.files, options.state, dict(options.service), lambda: stop.asked)
    except ManifestError as error:
        _say(str(error))
        return 2
    return 0


def _demo(state: Path, events: int | None, stop: Stop) -> None:
    """Print events of the simulated vCenter until stopped, or until *events* have come."""
    gone = False

    def show(line: str) -> None:
        nonlocal gone
        if gone:
            # What nobody reads has not arrived.
            raise BrokenPipeError
        try:
            _write(sys.stdout, line)
        except BrokenPipeError:
            # Whoever read the events has gone: as good as Ctrl-C.
            gone = True
            stop.ask()
            raise

    declared = manifests.load([demo.SAMPLE], Schemas.load(CRDS))
    [secret] = declared.secrets.values()
    with Display(show) as display, demo.vcenter(secret, state=state) as url:
        services = {demo.VCENTER: url, demo.EVENT_DISPLAY: display.url}

        def done() -> bool:
            return stop.asked or (events is not None and display.distinct >= events)

        _run([demo.SAMPLE], state, services, done)


def _run(
    files: Sequence[Path],
    state: Path,
    services: Mapping[str, str],
    done: Callable[[], bool],
) -> None:
    """Run the sources of *files* until *done*."""
    with contextlib.closing(
        Runner(paths=files, state=state.absolute(), services=services, said=_say)
    ) as runner:
        while not done():
            runner.turn()
            time.sleep(TURN_SECONDS)


def _make(state: Path) -> None:
    """Make the folder for checkpoints; raises `ManifestError`."""
    try:
        state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ManifestError(
            f"--state: the folder {state} cannot be made: {error.strerror}."
        ) from error


def _say(message: str) -> None:
    # When nobody reads it any more, the adapters are still to be ended in order.
    with contextlib.suppress(BrokenPipeError):
        _write(sys.stderr, message)


def _write(stream: TextIO, line: str) -> None:
    try:
        stream.write(f"{line}\n")
        stream.flush()
    except BrokenPipeError:
        # Python would try again when it ends, and fail: so let the rest go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise


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
    show.add_argument("--events", type=_count, metavar="N", help="end after N distinct events")
    for command in (run, show):
        command.add_argument(
            "--state",
            type=Path,
            default=Path(".standalone") / command.prog.split()[-1],
            help="folder for checkpoints (default: %(default)s)",
        )
    return parser


def _service(text: str) -> tuple[str, str]:
    """Read NAMESPACE/NAME=URL: the host name that a Service has in a cluster, and the URL."""
    given = re.fullmatch(r"([a-z0-9-]+)/([a-z0-9.-]+)=(https?://[^/?#@]+([/?][^#]*)?)", text)
    if given is None:
        # Not repeated: a URL may hold a password.
        raise argparse.ArgumentTypeError(
            "must be NAMESPACE/NAME=URL, with an http or https URL without user info, "
            "like default/printer=http://localhost:8080"
        )
    namespace, name, url, _ = given.groups()
    return f"{name}.{namespace}{DOMAIN}", url


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, not {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
