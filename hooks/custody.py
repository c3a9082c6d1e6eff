"""Where the webhook's certificate comes from: our own Secret, or a folder that others fill."""

import datetime as dt
import logging
import pathlib
from collections.abc import Callable, Mapping

from . import rotation
from .certificates import make
from .cluster import Cluster, ClusterError, ConflictError
from .place import Place
from .tls import Endpoint

LOG = logging.getLogger("hooks")

LOOK_SECONDS = 30.0
RETRY_SECONDS = 2.0


class Custody:
    """Keeps the certificates of a place, together with whoever else does so."""

    def __init__(
        self,
        cluster: Cluster,
        place: Place,
        *,
        endpoint: Endpoint,
        now: Callable[[], dt.datetime],
    ) -> None:
        self._cluster = cluster
        self._hosts = place.hosts
        self._secret = "/api/v1/namespaces/{}/secrets/{}".format(*place.secret.split("/"))
        self._configuration = (
            "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/"
            + place.configuration
        )
        self._endpoint = endpoint
        self._now = now
        self._since: Mapping[str, dt.datetime] = {}

    def look(self) -> None:
        """Renew and make known what is due, and serve what is trusted; raises `ClusterError`."""
        now = self._now()
        # In this order: whoever trusts by an old Secret then has an old configuration too, and
        # conflicts with the one who trusts by a newer.
        configuration = self._cluster.get(self._configuration)
        secret = self._cluster.get(self._secret)
        found = rotation.held(secret)
        certificates = rotation.renewed(found, hosts=self._hosts, now=now, make=make)
        if certificates != found:
            self._cluster.put(self._secret, rotation.filled(secret, certificates))
        if patch := rotation.trust(configuration, certificates, now=now):
            configuration = self._cluster.patch(self._configuration, patch)
        self._since = rotation.trusted(configuration, certificates, since=self._since, now=now)
        if best := rotation.chosen(certificates, since=self._since, now=now):
            self._endpoint.serve(best.pem, best.key)


class Folder:
    """Takes the certificate from `tls.crt` and `tls.key`, whoever writes them."""

    def __init__(self, folder: pathlib.Path, *, endpoint: Endpoint) -> None:
        self._folder = folder
        self._endpoint = endpoint

    def look(self) -> None:
        """Serve what is there; raises `OSError` if that is nothing that can be served."""
        pem, key = ((self._folder / name).read_text() for name in ("tls.crt", "tls.key"))
        self._endpoint.serve(pem, key)


def keep(look: Callable[[], None], wait: Callable[[float], object]) -> None:
    """Look again and again, for ever; what goes wrong is told once."""
    trouble = ""
    while True:
        pause, told, trouble = RETRY_SECONDS, trouble, ""
        try:
            look()
            pause = LOOK_SECONDS
        except ConflictError:
            # Another replica was faster, and may have done all there was to do.
            pass
        except (ClusterError, OSError, ValueError) as error:
            trouble = str(error)
        except Exception as error:  # noqa: BLE001  nobody would notice that this thread ended
            # Its message may hold anything, a private key for one.
            trouble = f"this is a fault of its own ({type(error).__name__})."
        if trouble not in {"", told}:
            LOG.warning("The webhook's certificate cannot be kept up to date: %s", trouble)
        wait(pause)
