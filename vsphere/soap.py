"""The Web Services (SOAP) API through pyVmomi, over a session that is kept."""

import contextlib
import functools
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Unpack

from pyVmomi import vim
from pyVmomi.StubAdapterAccessorImpl import StubAdapterAccessorMixin

from .keeper import Keeper, keeping
from .session import Session, login
from .settings import Options, resolve


@contextlib.contextmanager
def connect(**options: Unpack[Options]) -> Iterator[vim.ServiceInstance]:
    """Log in and yield pyVmomi's ServiceInstance; at the end every session is logged out.

    Without options it is the vCenter that the workload was bound to; see `Options`. The session is
    kept alive. If it expired or the mounted Secret changed, it is replaced and a call that met the
    old one is repeated: vCenter had refused it. Threads may share what is yielded. vCenter's faults
    stay pyVmomi's exceptions; whatever else goes wrong is a `VSphereError`.
    """
    settings = resolve(**options)
    new_session = functools.partial(
        login,
        settings.address,
        insecure=settings.insecure,
        ca_file=settings.ca_file,
        remedy=settings.remedy,
        timeout=settings.timeout,
    )
    with keeping(new_session, settings.credentials, seconds=settings.keep_alive) as keeper:
        yield vim.ServiceInstance("ServiceInstance", _RenewingStub(keeper))


class _RenewingStub(StubAdapterAccessorMixin):  # type: ignore[misc]  # no types
    """Calls through the stub of the session of the moment.

    pyVmomi's own SessionOrientedStub repeats calls after broken connections too, so that a machine
    might be cloned twice, and two threads that find the session expired may log in both.
    """

    def __init__(self, keeper: Keeper[Session]) -> None:
        super().__init__()
        self._keeper = keeper

    def InvokeMethod(self, managed: Any, method: Any, arguments: Any) -> Any:  # noqa: ANN401, N802  pyVmomi
        """Call *method*; in a new session once more if the old one was no longer valid."""
        session = self._keeper.session
        status, answer = self._call(session, managed, method, arguments)
        if status != HTTPStatus.OK and isinstance(answer, vim.fault.NotAuthenticated):
            session = self._keeper.replace(session)
            status, answer = self._call(session, managed, method, arguments)
        if status != HTTPStatus.OK:
            raise answer
        return answer

    def _call(self, session: Session, *call: Any) -> Any:  # noqa: ANN401  pyVmomi
        # Told of an outer stub, pyVmomi returns faults, and binds the answer's objects to that one.
        with session.errors():
            return session.stub.InvokeMethod(*call, self)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  pyVmomi
        """Be in all else (version, host, cookie, …) the stub of the moment."""
        if name == "_keeper":  # asked for by what makes copies, before there is one
            raise AttributeError(name)
        return getattr(self._keeper.session.stub, name)

    def __deepcopy__(self, _memo: Any) -> Any:  # noqa: ANN401  copies of an object share its stub
        return self
