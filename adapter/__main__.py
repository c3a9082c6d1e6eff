"""Composition root of the adapter: environment -> configuration -> a pump that runs until stopped.

Exits 0 after SIGTERM or SIGINT, 2 when the environment is wrong, 1 after a fault that only a new
process can mend.
"""

import signal
import sys

if __name__ == "__main__":
    # Process 1 of a container would not even notice a signal that nothing handles.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

from . import footprint  # noqa: F401  before anything else

# isort: split
import contextlib
import functools
import os
import resource
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from .checkpoints.configmap import ConfigMapStore
from .checkpoints.store import EditedError, FileStore, Store
from .cluster import ApiServerError, find_api_server
from .config import Config, ConfigError, from_environment
from .pump import Pump
from .telemetry import logs
from .telemetry.health import Server, serve
from .telemetry.monitor import LOG, Monitor
from .telemetry.report import EventTypes
from .telemetry.reporter import Reporter

LAST_WORD_SECONDS = 1.0
"""How long a stop waits for the last write of the source's status."""


def main() -> int:
    """Run until a signal, and return the exit code."""
    _take_descriptors()
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
    new_pump = functools.partial(
        Pump, config=config, store=store, monitor=monitor, event_types=event_types
    )
    try:
        return _run(new_pump, reporter)
    finally:
        server.shutdown()
        server.server_close()


def _take_descriptors() -> None:
    """Allow as many open files as the system lets us: the usual 1,024 are few for 512 sends."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Some systems name no limit, and grant none.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


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


def _serve(monitor: Monitor, port: int) -> Server:
    try:
        return serve(monitor, port)
    except OSError as error:
        raise ConfigError(
            f"METRICS_PORT {port} cannot be listened on: {error.strerror}. Use another, or 0."
        ) from error


def _run(new_pump: Callable[[], Pump], reporter: Reporter | None) -> int:
    """Run pumps until a signal: a new one each time another hand has moved the checkpoint.

    A fault in any other thread ends them too. Returns the exit code.
    """
    stopped, code = False, 0

    def stop(*_: object) -> None:
        nonlocal stopped
        stopped = True
        pump.stop()

    def fail(fault: threading.ExceptHookArgs) -> None:
        nonlocal code
        logs.crashed(fault.exc_type, fault.exc_value)
        code = 1
        stop()

    pump = new_pump()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threading.excepthook = fail
    with _reporting(reporter):
        while not stopped:
            try:
                pump.run()
            except EditedError as error:
                LOG.warning("%s: reading begins anew, where it says.", error)
                pump = new_pump()
    return code


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
