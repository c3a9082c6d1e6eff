"""How long reading waits after a failure: long after a refused login, for accounts lock."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import vsphere
from adapter.checkpoints.store import StoreError
from adapter.sending.backoff import LOGIN, VCENTER, Backoff
from adapter.telemetry.monitor import Monitor

from .intake import STEP_SECONDS

CREDENTIALS_SECONDS = 5.0
"""How often, during a wait for which the Secret is to blame, to look whether it changed; and the
time over which the logins of the many adapters that share a changed Secret are spread."""


@dataclass(kw_only=True)
class Patience:
    """Knows what went wrong before; *folder* is where the Secret is mounted."""

    folder: Path
    monitor: Monitor
    stopped: threading.Event
    jitter: Callable[[], float]
    tried: vsphere.Credentials | None = None
    """The credentials that a login is tried with."""
    _failures: int = field(default=0, init=False)
    _policy: Backoff = field(default=VCENTER, init=False)
    _watched: bool = field(default=False, init=False)
    _delay: float = field(default=0.0, init=False)

    def reset(self) -> None:
        """All is well again."""
        self._failures = 0

    def failed(self, error: Exception) -> None:
        """Say what is wrong, and set the time to wait."""
        policy = LOGIN if isinstance(error, vsphere.LoginError) else VCENTER
        self._failures = self._failures + 1 if policy is self._policy else 1
        self._policy = policy
        self._watched = isinstance(error, vsphere.LoginError | vsphere.CredentialsError)
        self._delay = policy.delay(self._failures, jitter=self.jitter())
        self.monitor.alive_for(self._delay + STEP_SECONDS)
        self.monitor.interrupted(_reason(error), str(error))

    def wait(self) -> None:
        """Wait; where the Secret is to blame, a change of it ends that."""
        while self._delay > 0 and not self.stopped.wait(min(self._delay, CREDENTIALS_SECONDS)):
            self._delay -= CREDENTIALS_SECONDS
            if self._watched and self._is_changed():
                self.stopped.wait(CREDENTIALS_SECONDS * self.jitter())
                return

    def _is_changed(self) -> bool:
        """Whether there are credentials other than those that were refused."""
        try:
            return vsphere.Credentials.read(self.folder) != self.tried
        except vsphere.CredentialsError:
            return False


def _reason(error: Exception) -> str:
    if isinstance(error, vsphere.VSphereError):
        return error.reason
    return "CheckpointUnavailable" if isinstance(error, StoreError) else "PageUnreadable"
