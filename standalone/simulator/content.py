"""What the simulated vCenter or ESXi host says about itself, its settings and its sessions."""

from __future__ import annotations

import dataclasses
import datetime as dt

from .faults import COLLECTORS_PER_SESSION
from .markup import element, reference, text
from .sessions import Session
from .soap import Call, SoapFault

VERSION = "8.0.3"
BUILD = "24022515"
API_VERSIONS = ("8.0.3.0", "8.0.2.0", "8.0.1.0", "8.0.0.0", "7.0.3.0", "7.0.0.0", "6.7", "6.5")
"""The newest comes first and is the one it speaks."""

SETTINGS: dict[str, int | bool] = {
    "event.batchsize": 2000,
    "event.maxAge": 30,
    "event.maxAgeEnabled": True,
}
"""Advanced settings, with the values of a vCenter as it is installed; the age is in days."""

HOST_REFUSES = {
    "EventManager.QueryEvents": "NotImplemented",
    "SessionManager.SessionIsActive": "NotImplemented",
}
"""What an ESXi host does not serve (pyVmomi issue 268, vcsim), though its API has it."""

SERVICE_VERSIONS = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<namespaces version="1.0"><namespace>'
    + text("name", "urn:vim25")
    + text("version", API_VERSIONS[0])
    + element("priorVersions", *(text("version", version) for version in API_VERSIONS[1:]))
    + "</namespace></namespaces>"
).encode()
"""The document /sdk/vimServiceVersions.xml, from which clients choose a version."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Identity:
    """Who a vCenter, or a single host, is, and whom it lets in."""

    instance_uuid: str
    user: str
    password: str = dataclasses.field(repr=False)
    esxi: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Product:
    """What tells a vCenter from a host at first sight: its words and the names of its objects."""

    name: str
    os_type: str
    product_line: str
    api_type: str
    root_folder: str
    property_collector: str
    setting: str
    session_manager: str
    event_manager: str


_VCENTER = _Product(
    name="VMware vCenter Server",
    os_type="linux-x64",
    product_line="vpx",
    api_type="VirtualCenter",
    root_folder="group-d1",
    property_collector="propertyCollector",
    setting="VpxSettings",
    session_manager="SessionManager",
    event_manager="EventManager",
)
_ESXI = _Product(
    name="VMware ESXi",
    os_type="vmnix-x86",
    product_line="embeddedEsx",
    api_type="HostAgent",
    root_folder="ha-folder-root",
    property_collector="ha-property-collector",
    setting="HostAgentSettings",
    session_manager="ha-sessionmgr",
    event_manager="ha-eventmgr",
)


def service(identity: Identity) -> str:
    """Write the fields of the ServiceContent of who has *identity*; a host has no instance UUID."""
    product = _ESXI if identity.esxi else _VCENTER
    return "".join(
        (
            reference("rootFolder", "Folder", product.root_folder),
            reference("propertyCollector", "PropertyCollector", product.property_collector),
            element(
                "about",
                text("name", product.name),
                text("fullName", f"{product.name} {VERSION} build-{BUILD} (simulated)"),
                text("vendor", "VMware, Inc."),
                text("version", VERSION),
                text("build", BUILD),
                text("osType", product.os_type),
                text("productLineId", product.product_line),
                text("apiType", product.api_type),
                text("apiVersion", API_VERSIONS[0]),
                "" if identity.esxi else text("instanceUuid", identity.instance_uuid),
            ),
            reference("setting", "OptionManager", product.setting),
            reference("sessionManager", "SessionManager", product.session_manager),
            reference("eventManager", "EventManager", product.event_manager),
        )
    )


def properties(identity: Identity) -> dict[tuple[str, str], str]:
    """Write the properties that never change: type and name to a `returnval`.

    The UUID of a host's hardware takes the place of the instance UUID that it has not.
    """
    told = {
        ("EventManager", "maxCollector"): text("returnval", COLLECTORS_PER_SESSION, kind="xsd:int")
    }
    if identity.esxi:
        uuid = text("returnval", identity.instance_uuid, kind="xsd:string")
        told["HostSystem", "hardware.systemInfo.uuid"] = uuid
    return told


def query_options(call: Call, _session: Session) -> bytes:
    """Return the settings whose names begin as asked for, all if nothing is."""
    prefix = call.text("name") or ""
    found = {name: value for name, value in SETTINGS.items() if name.startswith(prefix)}
    if not found:
        raise SoapFault("InvalidName", "", text("name", prefix))
    return "".join(
        element("returnval", text("key", name), _any("value", value), kind="OptionValue")
        for name, value in found.items()
    ).encode()


def _any(name: str, value: int | bool) -> str:  # noqa: FBT001  # the value of a setting, no flag
    return text(name, value, kind="xsd:boolean" if isinstance(value, bool) else "xsd:int")


def user_session(session: Session, now: dt.datetime) -> str:
    """Write the fields of the UserSession of *session*, used just *now*."""
    return "".join(
        (
            text("key", session.key),
            text("userName", session.user),
            text("fullName", session.user),
            text("loginTime", session.opened),
            text("lastActiveTime", now),
            text("locale", "en_US"),
            text("messageLocale", "en_US"),
            text("extensionSession", value=False),
        )
    )
