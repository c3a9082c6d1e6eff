"""Which API version to speak: the newest that both pyVmomi and the server know.

A vCenter that is asked in an older version downgrades every newer event to its base class.
"""

import http.client
import ssl
from xml.parsers import expat

from pyVmomi.VmomiSupport import GetServiceVersions, versionIdMap

from .address import Address
from .errors import NotVCenterError

NAMESPACE = "urn:vim25"


def negotiate(address: Address, context: ssl.SSLContext, *, timeout: float) -> str:
    """Return pyVmomi's name of the version to use.

    Raises `NotVCenterError`, and what the connection raises (`OSError`, `HTTPException`).
    """
    served = _served(_fetch(address, context, timeout=timeout), address)
    for version in GetServiceVersions("vim25"):
        if versionIdMap[version] in served:
            return str(version)
    versions = ", ".join(sorted(served)) or "none"
    raise NotVCenterError(f"{address} serves no API version that pyVmomi knows: {versions}.")


def _fetch(address: Address, context: ssl.SSLContext, *, timeout: float) -> bytes:
    """GET the document in which every vCenter and ESXi host lists its versions."""
    connection: http.client.HTTPConnection
    if address.scheme == "https":
        connection = http.client.HTTPSConnection(
            address.host, address.connect_port, timeout=timeout, context=context
        )
    else:
        connection = http.client.HTTPConnection(address.host, address.connect_port, timeout=timeout)
    try:
        connection.request("GET", f"{address.path}/vimServiceVersions.xml")
        response = connection.getresponse()
        if response.status != http.HTTPStatus.OK:
            raise NotVCenterError(
                f"{address} is no vCenter: it answered {response.status} when asked for its API "
                "versions. Check the address."
            )
        return response.read(1 << 20)
    finally:
        connection.close()


def _served(document: bytes, address: Address) -> set[str]:
    """Collect the versions of our namespace, whose name stands before them."""
    served: set[str] = set()
    namespace = text = ""

    def begin(_name: str, _attributes: object) -> None:
        nonlocal text
        text = ""

    def add(more: str) -> None:
        nonlocal text
        text += more

    def end(name: str) -> None:
        nonlocal namespace
        if name == "name":
            namespace = text
        elif name == "version" and namespace == NAMESPACE:
            served.add(text)

    # As pyVmomi has it; ElementTree takes 0.3 MiB more. It loads nothing from outside and refuses
    # entity bombs.
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.CharacterDataHandler = begin, add
    parser.EndElementHandler = end
    try:
        parser.Parse(document, True)  # noqa: FBT003  the end; expat takes no keywords
    except (expat.ExpatError, LookupError, ValueError) as error:
        # The latter two: an encoding that the parser does not know.
        raise NotVCenterError(
            f"{address} is no vCenter: its list of API versions is not XML. Check the address."
        ) from error
    return served
