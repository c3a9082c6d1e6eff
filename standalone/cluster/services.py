"""Programs that run beside us for a while."""

import contextlib
import json
import os
import socket
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from standalone.process import CODE

STOP_SECONDS = 20


@dataclass(frozen=True, kw_only=True)
class Services:
    """Starts programs, and keeps their logs and files in *folder*."""

    folder: Path

    @staticmethod
    def free_port() -> int:
        """Find a port of this machine that nobody listens at."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port: int = free.getsockname()[1]
            return port

    @contextlib.contextmanager
    def running(
        self, name: str, command: Sequence[Path | str], **environment: str
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run *command* until the block ends; it is asked to stop, and then killed."""
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603  the commands are our own
                command,
                cwd=CODE,
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def write(self, name: str, value: object) -> Path:
        """Write text, or anything else as JSON, to a file that only we can read."""
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return path
