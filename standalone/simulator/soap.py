"""SOAP without I/O: a request's bytes to a call, an answer or a fault to bytes."""

from __future__ import annotations

import dataclasses

from lxml import etree

from .markup import element, reference, text

_HEAD = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<soapenv:Envelope xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/"'
    b' xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    b' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n<soapenv:Body>'
)
_TAIL = b"</soapenv:Body>\n</soapenv:Envelope>"
_BODY = "{http://schemas.xmlsoap.org/soap/envelope/}Body"


class SoapFault(Exception):  # noqa: N818  # the name it has in SOAP
    """A vSphere fault of class *kind*; *detail* is the XML of its own properties."""

    def __init__(self, kind: str, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.detail = detail


def invalid(name: str) -> SoapFault:
    """Build the fault for the argument *name*."""
    return SoapFault(
        "InvalidArgument",
        f"A specified parameter was not correct: {name}",
        text("invalidProperty", name),
    )


def not_found(kind: str, identifier: str) -> SoapFault:
    """Build the fault for an object that is not there."""
    return SoapFault(
        "ManagedObjectNotFound",
        "The object has already been deleted or has not been completely created",
        reference("obj", kind, identifier),
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Call:
    """A method, the managed object it is called on, and its arguments."""

    method: str
    kind: str
    receiver: str
    arguments: etree._Element

    @property
    def operation(self) -> str:
        """Name what is asked for: `Type.Method`, or `Type.property` of a Fetch."""
        prop = self.text("prop") if self.method == "Fetch" else None
        return f"{self.kind}.{prop or self.method}"

    def returned(self, kind: str, *fields: str) -> bytes:
        """Write the object of type *kind* that is returned; only a property must tell its type."""
        typed = kind if self.method == "Fetch" else None
        return element("returnval", *fields, kind=typed).encode()

    def text(self, *path: str) -> str | None:
        """Return the text of the argument at *path*, or None if it is not given."""
        return self.arguments.findtext("/".join(f"{{*}}{step}" for step in path))

    def all(self, *path: str) -> list[etree._Element]:
        """Return the elements of the argument at *path*."""
        return list(self.arguments.iterfind("/".join(f"{{*}}{step}" for step in path)))

    def fields(self, name: str) -> list[str]:
        """Return the names of the properties that the argument *name* has."""
        return [etree.QName(field).localname for field in self.arguments.iterfind(f"{{*}}{name}/*")]


def parse(body: bytes) -> Call:
    """Read the call in *body*; raise SoapFault (InvalidRequest) if there is none."""
    # A parser may not be shared by threads; entities and the network have no place in a request.
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        [method] = etree.fromstring(body, parser).iterfind(f"{_BODY}/*")
        [receiver] = method.iterfind("{*}_this")
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SoapFault("InvalidRequest", f"The request is no SOAP call: {error}") from error
    return Call(
        method=etree.QName(method).localname,
        kind=receiver.get("type", ""),
        receiver=receiver.text or "",
        arguments=method,
    )


def response(method: str, returned: bytes = b"") -> bytes:
    """Write the answer to *method*; *returned* are its `returnval` elements."""
    name = method.encode()
    return b'%s<%sResponse xmlns="urn:vim25">%s</%sResponse>%s' % (
        _HEAD,
        name,
        returned,
        name,
        _TAIL,
    )


def fault(failure: SoapFault) -> bytes:
    """Write *failure* as the answer to a call."""
    detail = (
        f'<{failure.kind}Fault xmlns="urn:vim25" xsi:type="{failure.kind}">'
        f"{failure.detail}</{failure.kind}Fault>"
    )
    fields = (
        text("faultcode", "ServerFaultCode")
        + text("faultstring", failure)
        + element("detail", detail)
    )
    return _HEAD + element("soapenv:Fault", fields).encode() + _TAIL
