"""A logged-in session, without pyVmomi's module-wide globals."""

import contextlib
import datetime as dt
import functools
import http.client
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyVmomi import SoapStubAdapter, vim, vmodl

from . import trust, versions
from .address import Address
from .credentials import Credentials
from .errors import CallError, LoginError, SessionError, UnreachableError, VSphereError

DEFAULT_TIMEOUT = 30.0
"""Seconds that vCenter may take for one answer."""


class Session:
    """One login to one vCenter; its stub may be used by several threads at once.

    `content` is the ServiceContent as it was at login: reading it again would be a call each time.
    """

    def __init__(
        self,
        address: Address,
        stub: Any,  # noqa: ANN401  pyVmomi
        content: Any,  # noqa: ANN401  pyVmomi
        *,
        remedy: str = trust.REMEDY,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> None:
        self.address = address
        self.stub = stub
        self.content = content
        self._translated = functools.partial(_translated, address, remedy=remedy, timeout=timeout)
        self._instance = vim.ServiceInstance("ServiceInstance", stub)

    @property
    def api_version(self) -> str:
        """The server's API version, like `8.0.3.0`."""
        return str(self.content.about.apiVersion)

    @property
    def instance_uuid(self) -> str | None:
        """What tells this vCenter from every other; an ESXi host has none."""
        uuid = self.content.about.instanceUuid
        return None if uuid is None else str(uuid)

    def now(self) -> dt.datetime:
        """Read the server's clock, the only one that its events' times compare with."""
        with self.errors():
            now: dt.datetime = self._instance.CurrentTime()
        return now.astimezone(dt.UTC)

    def alive(self) -> bool:
        """Use the session, so that it does not expire for idleness, and tell whether it has."""
        try:
            self.now()
        except SessionError:
            return False
        return True

    def logout(self) -> None:
        """End the session; one that is gone already, or out of reach, ends by itself."""
        with contextlib.suppress(VSphereError), self.errors():
            self.content.sessionManager.Logout()
        # A call that another thread still waits for shall close its connection, not return it.
        self.stub.poolSize = 0
        self.stub.DropConnections()

    def errors(self) -> contextlib.AbstractContextManager[None]:
        """Turn what pyVmomi and the network raise inside the block into our errors."""
        return self._translated()


def login(  # noqa: PLR0913  each but the first two has a good default
    address: Address,
    credentials: Credentials,
    *,
    insecure: bool = False,
    ca_file: Path | None = None,
    remedy: str = trust.REMEDY,
    timeout: float = DEFAULT_TIMEOUT,
) -> Session:
    """Log in once. Whoever calls this again after `LoginError` should wait: accounts lock.

    *timeout* holds for each answer, in seconds; *remedy* is what the message says to do about a
    certificate that is not trusted. Raises the errors of `vsphere.errors`.
    """
    context = trust.tls_context(insecure=insecure, ca_file=ca_file)
    with _translated(address, remedy=remedy, timeout=timeout):
        stub = SoapStubAdapter(
            host=address.host,
            # A negative port is pyVmomi's way to say "no TLS".
            port=address.connect_port * (1 if address.scheme == "https" else -1),
            path=address.path,
            version=versions.negotiate(address, context, timeout=timeout),
            sslContext=context,
            httpConnectionTimeout=timeout,
        )
        content = _logged_in(stub, credentials, address)
    return Session(address, stub, content, remedy=remedy, timeout=timeout)


def _logged_in(stub: Any, credentials: Credentials, address: Address) -> Any:  # noqa: ANN401  pyVmomi
    """Log *stub* in and return the ServiceContent, or leave no connection behind."""
    try:
        content: Any = vim.ServiceInstance("ServiceInstance", stub).RetrieveContent()
        try:
            content.sessionManager.Login(credentials.username, credentials.password, None)
        except vim.fault.InvalidLogin as error:
            raise LoginError.by(address, origin=credentials.origin) from error
    except BaseException:
        stub.DropConnections()
        raise
    return content


@contextlib.contextmanager
def _translated(address: Address, *, remedy: str, timeout: float) -> Iterator[None]:
    try:
        yield
    except VSphereError:
        raise
    except ssl.SSLCertVerificationError as error:
        raise trust.not_trusted(address, error, remedy=remedy, timeout=timeout) from error
    except vim.fault.NotAuthenticated as error:
        raise SessionError(f"{address} ended the session.") from error
    except vmodl.MethodFault as error:
        raise CallError(
            f"{address} answered {_fault_name(error)}: {error.msg or 'no message'}"
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError.by(address, error) from error
    except Exception as error:
        # Of a web page, or a type that is new to it, pyVmomi makes whatever it stumbles over.
        # Not its repr: that of an encoder's error holds the whole request.
        why = f"{type(error).__name__}: {error}"
        raise CallError(f"{address} answered what pyVmomi cannot read: {why}.") from error


def _fault_name(fault: Exception) -> str:
    return type(fault).__name__.rpartition(".")[2]
