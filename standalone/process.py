"""A pod as a process of this machine, restarted when it dies."""

import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .pod import Pod, secret_folder

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds between a death and the next start; they double, as in a crash loop of Kubernetes."""

STABLE_SECONDS = 60.0
"""Who has lived so long starts anew with the first wait."""

STOP_SECONDS = 30.0
"""Seconds from SIGTERM to SIGKILL."""

CODE = Path(__file__).parent.parent


@dataclass
class Process:
    """Runs one pod; `turn` is to be called often."""

    pod: Pod
    clock: Callable[[], float]
    said: Callable[[str], None]
    _running: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _started: float = field(default=0.0, init=False)
    _wait: float = field(default=FIRST_WAIT, init=False)
    _next: float = field(default=0.0, init=False)
    problem: str = field(default="", init=False)

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._running is not None and self._running.poll() is None

    def turn(self) -> None:
        """Start it, or start it again when it died and its wait is over."""
        if self.alive:
            return
        now = self.clock()
        if self._running is not None:
            self._wait = (
                FIRST_WAIT
                if now - self._started >= STABLE_SECONDS
                else min(self._wait * 2, LONGEST_WAIT)
            )
            self._next = now + self._wait
            self.problem = f"exit code {self._running.returncode}"
            self.said(f"The adapter ended ({self.problem}); next start in {self._wait:.0f} s.")
            self._running = None
        if now >= self._next:
            self._start(now)

    def replace(self, pod: Pod) -> None:
        """Run another pod from now on; a changed Secret alone needs no restart."""
        same = (pod.command, pod.environment) == (self.pod.command, self.pod.environment)
        changed_files = pod.files != self.pod.files
        self.pod = pod
        if not same:
            self.stop()
            self._next = 0.0
        elif changed_files:
            self._write_files()

    def terminate(self) -> None:
        """Ask it to end."""
        if self._running is not None and self.alive:
            self._running.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """End it, and take its Secret off the disk."""
        self.terminate()
        if self._running is not None:
            try:
                self._running.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._running.kill()
                self._running.wait()
            self._running = None
        for file in secret_folder(self.pod.folder).glob("*"):
            file.unlink()

    def _start(self, now: float) -> None:
        self._write_files()
        environment = {**os.environ, **self.pod.environment}
        paths = [str(CODE), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment["PYTHONPATH"] = os.pathsep.join(paths)
        # A session of its own: Ctrl-C is for the runner, which then ends the rest in order.
        self._running = subprocess.Popen(  # noqa: S603  the command is our own
            self.pod.command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
        )
        self._started = now
        self.problem = ""

    def _write_files(self) -> None:
        folder = secret_folder(self.pod.folder)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for file in folder.glob("*"):
            if file.name not in self.pod.files:
                file.unlink()
        for name, content in self.pod.files.items():
            # Written beside and moved in place: a reader never sees half a password.
            partial = folder / f".{name}"
            partial.touch(mode=0o600)
            partial.write_bytes(content)
            partial.replace(folder / name)
