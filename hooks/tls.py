"""The TLS that new connections to the webhook get."""

import pathlib
import ssl
import tempfile

from .certificates import Certificate
from .model import NotReadyError


class Endpoint:
    """Serves one certificate at a time; connections that are open keep theirs.

    Until it has one that callers trust it serves a *stopgap*: probes do not verify, and so they
    see a process that is alive and not ready.
    """

    def __init__(self, stopgap: Certificate) -> None:
        self._served = ("", "")
        self._context = _context(stopgap.pem, stopgap.key)

    @property
    def context(self) -> ssl.SSLContext:
        """What to wrap the socket of a new connection with."""
        return self._context

    def serve(self, pem: str, key: str) -> None:
        """Use this certificate from now on; raises `ssl.SSLError` for one that cannot be used."""
        if (pem, key) != self._served:
            self._context = _context(pem, key)
            self._served = (pem, key)

    def check(self) -> None:
        """Raise `NotReadyError` while there is nothing but the stopgap."""
        if not any(self._served):
            raise NotReadyError("The webhook has no certificate that the API server trusts yet.")


def _context(pem: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with tempfile.TemporaryDirectory() as folder:
        # OpenSSL reads from files only, and this folder is readable by its owner only.
        path = pathlib.Path(folder, "server.pem")
        path.write_text(f"{key}\n{pem}")
        context.load_cert_chain(path)
    return context
