"""What the simulated vCenter says about itself and its sessions."""

from __future__ import annotations

import datetime as dt

from .markup import element, reference, text
from .sessions import Session

VERSION = "8.0.3"
BUILD = "24022515"
API_VERSIONS = ("8.0.3.0", "8.0.2.0", "8.0.1.0", "8.0.0.0", "7.0.3.0", "7.0.0.0", "6.7", "6.5")
"""The newest comes first and is the one it speaks."""

SERVICE_VERSIONS = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<namespaces version="1.0"><namespace>'
    + text("name", "urn:vim25")
    + text("version", API_VERSIONS[0])
    + element("priorVersions", *(text("version", version) for version in API_VERSIONS[1:]))
    + "</namespace></namespaces>"
).encode()
"""The document /sdk/vimServiceVersions.xml, from which clients choose a version."""


def service(instance_uuid: str) -> str:
    """Write the fields of the ServiceContent of the vCenter *instance_uuid*."""
    return "".join(
        (
            reference("rootFolder", "Folder", "group-d1"),
            reference("propertyCollector", "PropertyCollector", "propertyCollector"),
            element(
                "about",
                text("name", "VMware vCenter Server"),
                text("fullName", f"VMware vCenter Server {VERSION} build-{BUILD} (simulated)"),
                text("vendor", "VMware, Inc."),
                text("version", VERSION),
                text("build", BUILD),
                text("osType", "linux-x64"),
                text("productLineId", "vpx"),
                text("apiType", "VirtualCenter"),
                text("apiVersion", API_VERSIONS[0]),
                text("instanceUuid", instance_uuid),
            ),
            reference("sessionManager", "SessionManager", "SessionManager"),
            reference("eventManager", "EventManager", "EventManager"),
        )
    )


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
