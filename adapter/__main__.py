"""Composition root of the adapter: environment -> configuration -> a pump that runs until stopped.

Exits 0 after SIGTERM or SIGINT, 2 when the environment is wrong, 1 after a fault that only a new
process can mend.
"""

from . import footprint  # noqa: F401  before anything else

# isort: split
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import FrameType

from .checkpoints.configmap import ConfigMapStore
from .checkpoints.store import EditedError, FileStore, Store
from .cluster import ApiServerError, find_api_server
from .config import Config, ConfigError, from_environment
from .pump import Pump
from .telemetry import logs
from .telemetry.health import serve
from .telemetry.monitor import LOG, Monitor
from .telemetry.report import EventTypes
from .telemetry.reporter import Reporter

LAST_WORD_SECONDS = 1.0
"""How long a stop waits for the last write of the source's status."""


def main() -> int:
    """Run until a signal, and return the exit code."""
    monitor = Monitor()
    try:
        config = from_environment(os.environ)
        event_types = EventTypes(source=str(config.address))
        store, reporter = _edges(config, monitor, event_types)
        server = _serve(monitor, config.metrics_port)
    except (ConfigError, ApiServerError) as error:
        sys.stderr.write(f"The adapter cannot start: {error}\n")
        return 2
    logs.begin(config.log_format, config.log_level)
    try:
        with _reporting(reporter):
            _run(config, store, monitor, event_types)
    finally:
        server.shutdown()
        server.server_close()
    return 0


@contextlib.contextmanager
def _reporting(reporter: Reporter | None) -> Iterator[None]:
    """Keep the source's status up to date meanwhile, and give it the last word at the end."""
    if reporter is None:
        yield
        return
    ended = threading.Event()
    thread = threading.Thread(target=reporter.run, args=(ended,), name="reporter", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        # A daemon: an API server that hangs must not keep the process from ending.
        thread.join(LAST_WORD_SECONDS)


def _serve(monitor: Monitor, port: int) -> ThreadingHTTPServer:
    try:
        return serve(monitor, port)
    except OSError as error:
        raise ConfigError(
            f"METRICS_PORT {port} cannot be listened on: {error.strerror}. Use another, or 0."
        ) from error


def _run(config: Config, store: Store, monitor: Monitor, event_types: EventTypes) -> None:
    """Run pumps until a signal: a new one each time another hand has moved the checkpoint."""
    stopped = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True
        pump.stop()

    def new_pump() -> Pump:
        return Pump(config=config, store=store, monitor=monitor, event_types=event_types)

    pump = new_pump()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopped:
        try:
            pump.run()
        except EditedError as error:
            LOG.warning("%s: reading begins anew, where it says.", error)
            pump = new_pump()


def _edges(
    config: Config, monitor: Monitor, event_types: EventTypes
) -> tuple[Store, Reporter | None]:
    """Decide where the checkpoint is kept, and whether there is a source to report to."""
    if isinstance(config.checkpoint, Path):
        return FileStore(config.checkpoint), None
    api_server = find_api_server(os.environ)
    store = ConfigMapStore(api_server=api_server, cluster=config.checkpoint)
    if not config.checkpoint.source_uid:
        # The Go project's environment: NAME is the pod's, and nobody waits for a report.
        return store, None
    reporter = Reporter(
        api_server=api_server,
        cluster=config.checkpoint,
        report=lambda: monitor.report,
        event_types=event_types,
    )
    return store, reporter


if __name__ == "__main__":
    sys.exit(main())
