"""`python -m standalone.simulator`: a simulated vCenter as a process, for tests and measurements.

Prints one line of JSON when it serves, and ends with 0 at SIGINT or SIGTERM.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from standalone.server import Server

from .control import Control
from .history import RETENTION, History
from .simulator import Simulator


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to end, and return the exit code."""
    options = _parser().parse_args(arguments)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        password = options.password_file.read_text().strip() if options.password_file else "pass"
        with contextlib.ExitStack() as stack:
            print(json.dumps(_serve(stack, options, password)), flush=True)  # noqa: T201  the answer
            ended.wait()
    except OSError as error:
        print(error, file=sys.stderr)  # noqa: T201  the one thing to say
        return 2
    return 0


def _serve(
    stack: contextlib.ExitStack, options: argparse.Namespace, password: str
) -> dict[str, str | None]:
    """Start what is asked for, and return where it is."""
    simulator = stack.enter_context(
        Simulator(
            history=History(retention=options.retention, compress_bursts=options.compress_bursts),
            credentials=(options.user, password),
            tls=not options.no_tls,
            port=options.port,
            esxi=options.esxi,
            clock=_now,
        )
    )
    places = {"url": simulator.url, "certificate": simulator.certificate, "control": None}
    if options.control_port is not None:
        control = stack.enter_context(contextlib.closing(Control(simulator, clock=_now)))
        server = Server(control.respond, port=options.control_port, tls=None)
        stack.enter_context(contextlib.closing(server))
        places["control"] = f"http://127.0.0.1:{server.port}"
    return places


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m standalone.simulator", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=0, help="where to serve; 0, the default, is any free port"
    )
    parser.add_argument(
        "--control-port",
        type=int,
        help="where its knobs are turned by HTTP, without a password; 0 is any free port",
    )
    parser.add_argument("--user", default="user", help="who may log in (default: %(default)s)")
    parser.add_argument(
        "--password-file", type=Path, help="file with the password, which is pass without one"
    )
    parser.add_argument("--no-tls", action="store_true", help="serve plain HTTP")
    parser.add_argument("--esxi", action="store_true", help="be an ESXi host, not a vCenter")
    parser.add_argument(
        "--compress-bursts", action="store_true", help="store identical events as vCenter does"
    )
    parser.add_argument(
        "--retention",
        type=int,
        default=RETENTION,
        help="how many events are kept (default: %(default)s)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
