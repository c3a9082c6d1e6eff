"""Composition root of the adapter: environment -> configuration -> a pump that runs until stopped.

Exits 0 after SIGTERM or SIGINT, 2 when the environment is wrong, 1 after a fault that only a new
process can mend.
"""

import logging
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from .cluster import ApiServerError, find_api_server
from .config import Config, ConfigError, from_environment
from .configmap import ConfigMapStore
from .monitor import LOG, Monitor, serve
from .pump import Pump
from .store import EditedError, FileStore, Store


def main() -> int:
    """Run until a signal, and return the exit code."""
    try:
        config = from_environment(os.environ)
        store = _store(config)
    except (ConfigError, ApiServerError) as error:
        sys.stderr.write(f"The adapter cannot start: {error}\n")
        return 2
    logging.basicConfig(level=config.log_level, format="%(asctime)s %(levelname)s %(message)s")
    monitor = Monitor()
    server = serve(monitor, config.metrics_port)
    try:
        while not _run(Pump(config=config, store=store, monitor=monitor)):
            LOG.warning("Somebody else wrote the checkpoint: reading begins where it says.")
    finally:
        server.shutdown()
        server.server_close()
    return 0


def _run(pump: Pump) -> bool:
    """Run one pump; returns whether it was stopped, and not by an edited checkpoint."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        pump.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        pump.run()
    except EditedError:
        return False
    return True


def _store(config: Config) -> Store:
    if isinstance(config.checkpoint, Path):
        return FileStore(config.checkpoint)
    return ConfigMapStore(api_server=find_api_server(os.environ), cluster=config.checkpoint)


if __name__ == "__main__":
    sys.exit(main())
