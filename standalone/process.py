"""A pod as a process of this machine, restarted when it dies."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .lock import InUseError, Lock
from .pod import Pod, secret_folder

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds between a death and the next start; they double, as in a crash loop of Kubernetes."""

STABLE_SECONDS = 60.0
"""Who has lived so long starts anew with the first wait."""

CODE = Path(__file__).parent.parent

DECLARED = ("K_", "VC_", "VSPHERE_")
"""How variables begin that only a manifest decides: those of the shell are not passed on."""


@dataclass(kw_only=True)
class Process:
    """Runs one pod; `turn` is to be called often. *said* gets what the user should know."""

    pod: Pod
    said: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    stop_seconds: float = 30.0
    """From SIGTERM to SIGKILL."""
    problem: str = field(default="", init=False)
    """Why it does not run."""
    _running: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _lock: Lock | None = field(default=None, init=False)
    _asked: bool = field(default=False, init=False)
    _started: float = field(default=0.0, init=False)
    _wait: float = field(default=FIRST_WAIT, init=False)
    _next: float = field(default=0.0, init=False)

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._running is not None and self._running.poll() is None

    def turn(self) -> None:
        """Start it, or start it again when it died and its wait is over."""
        if self.alive:
            return
        if self._running is not None:
            code, self._running = self._running.returncode, None
            if self.clock() - self._started >= STABLE_SECONDS:
                self._wait = FIRST_WAIT
            how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
            self._postpone(f"The adapter {how}")
        if self.clock() >= self._next:
            try:
                self._start()
            except (InUseError, OSError) as error:
                self._postpone(f"The adapter cannot start: {error}")

    def replace(self, pod: Pod) -> None:
        """Run another pod from now on; a changed Secret alone needs no restart."""
        same = (pod.command, pod.environment) == (self.pod.command, self.pod.environment)
        changed_files = pod.files != self.pod.files
        self.pod = pod
        if not same:
            self.stop()
            self._wait, self._next = FIRST_WAIT, self.clock()
        elif changed_files and self._lock is not None:
            self._write_files()

    def terminate(self) -> None:
        """Ask it to end, once."""
        if self._running is not None and not self._asked:
            self._running.terminate()
            self._asked = True

    def stop(self) -> None:
        """End it, take its Secret off the disk, and leave its folder to others."""
        self.terminate()
        if self._running is not None:
            try:
                self._running.wait(self.stop_seconds)
            except subprocess.TimeoutExpired:
                self._running.kill()
                self._running.wait()
            self._running = None
        if self._lock is not None:
            shutil.rmtree(secret_folder(self.pod.folder), ignore_errors=True)
            self._lock.release()
            self._lock = None

    def _postpone(self, problem: str) -> None:
        self.said(f"{problem}; next start in {self._wait:.0f} s.")
        self.problem = problem
        self._next = self.clock() + self._wait
        self._wait = min(self._wait * 2, LONGEST_WAIT)

    def _start(self) -> None:
        if self._lock is None:
            self._lock = Lock(self.pod.folder)
        self._write_files()
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(DECLARED)}
        paths = [str(CODE), *filter(None, [os.environ.get("PYTHONPATH")])]
        # A session of its own: Ctrl-C is for the runner, which then ends the rest in order.
        self._running = subprocess.Popen(  # noqa: S603  the command is our own
            self.pod.command,
            env={**inherited, **self.pod.environment, "PYTHONPATH": os.pathsep.join(paths)},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=[self._lock.descriptor],
        )
        self._lock.tell(f"process {os.getpid()} (runner) or {self._running.pid} (adapter)")
        self._started, self._asked = self.clock(), False
        self.problem = ""

    def _write_files(self) -> None:
        folder = secret_folder(self.pod.folder)
        folder.mkdir(exist_ok=True, mode=0o700)
        for file in list(folder.iterdir()):
            if file.name not in self.pod.files:
                file.unlink()
        for name, content in self.pod.files.items():
            # Written beside and moved in place: a reader never sees half a password.
            partial = folder / f".{name}"
            partial.touch(mode=0o600)
            partial.write_bytes(content)
            partial.replace(folder / name)
