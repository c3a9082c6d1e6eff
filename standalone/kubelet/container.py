"""A container as a process of this machine, restarted when it dies or run once."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .api import ApiError

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds between a death and the next start; they double."""

REFRESH_SECONDS = 1.0
"""How often mounted files are looked at again; a kubelet takes a minute."""


class NotStartableError(Exception):
    """What the container needs is not there; the message says what."""


@dataclass(kw_only=True)
class _Ending:
    """How far a container that is to end has come."""

    deadline: float
    hook: subprocess.Popen[bytes] | None
    asked: bool = False


@dataclass(kw_only=True)
class Container:
    """Runs *command*; `turn` is to be called often.

    *environment* and *files* are asked at each start, and raise `NotStartableError` or `ApiError`.
    Before it is asked to end *pre_stop* runs to its end.
    """

    command: tuple[str, ...]
    environment: Callable[[], Mapping[str, str]]
    files: Callable[[], Mapping[Path, bytes]]
    log: Path
    pre_stop: tuple[str, ...] = ()
    once: bool = False
    """Never to be started again."""
    clock: Callable[[], float] = time.monotonic
    restarts: int = field(default=0, init=False)
    exit_code: int | None = field(default=None, init=False)
    """How it ended the last time."""
    problem: str = field(default="", init=False)
    """Why it cannot start."""
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _environment: Mapping[str, str] = field(default_factory=dict, init=False, repr=False)
    _written: set[Path] = field(default_factory=set, init=False)
    _wait: float = field(default=FIRST_WAIT, init=False)
    _next: float = field(default=0.0, init=False)
    _refresh: float = field(default=0.0, init=False)
    _ending: _Ending | None = field(default=None, init=False)

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def over(self) -> bool:
        """Whether it has ended for good."""
        return self.once and self.exit_code is not None

    def turn(self) -> None:
        """Start it, start it again, or bring its files up to date."""
        try:
            if self.alive:
                self._write_files()
            else:
                self._restart()
        except (ApiError, NotStartableError) as error:
            self.problem = str(error)

    def stop(self, grace: float) -> bool:
        """Ask it to end, kill it after *grace* seconds, and tell whether it has ended."""
        if self._process is None or not self.alive:
            self.kill()
            return True
        if self._ending is None:
            hook = self._run(self.pre_stop) if self.pre_stop else None
            self._ending = _Ending(deadline=self.clock() + grace, hook=hook)
        ending = self._ending
        if self.clock() >= ending.deadline:
            self.kill()
        elif not ending.asked and (ending.hook is None or ending.hook.poll() is not None):
            self._process.terminate()
            ending.asked = True
        return False

    def kill(self) -> None:
        """End it at once, as the kernel does when memory runs out."""
        hook = self._ending.hook if self._ending else None
        for process in filter(None, (self._process, hook)):
            # All that it started goes with it, also when it went first.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._ending = None

    def _restart(self) -> None:
        if self._process is not None:
            self.kill()
            self.exit_code, self._process = self._process.returncode, None
            self._next = self.clock() + self._wait
            self._wait = min(self._wait * 2, LONGEST_WAIT)
        if self.clock() < self._next or self.over:
            return
        self._refresh = 0.0
        self._write_files()
        self._environment = self.environment()
        self._process = self._run(self.command)
        self.problem = ""
        self.restarts += self.exit_code is not None

    def _run(self, command: tuple[str, ...]) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603  the command is our own
                command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _write_files(self) -> None:
        if self.clock() < self._refresh:
            return
        self._refresh = self.clock() + REFRESH_SECONDS
        files = self.files()
        for path in self._written - files.keys():
            path.unlink()
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Written beside and moved in place: a reader never sees half a password.
            partial = path.with_name(f".{path.name}")
            partial.touch(mode=0o600)
            partial.write_bytes(content)
            partial.replace(path)
        self._written = set(files)
