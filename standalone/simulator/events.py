"""Events as vCenter marshals them.

Fields stand in vSphere's order, and only polymorphic values have an xsi:type.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Protocol

from .inventory import Entity, Machine
from .markup import element, reference, text

REFERENCE_FIELD = {
    "Alarm": "alarm",
    "ClusterComputeResource": "computeResource",
    "Datacenter": "datacenter",
    "Datastore": "datastore",
    "HostSystem": "host",
    "VirtualMachine": "vm",
}
"""Under which name an event argument refers to an object of each type."""


class Recordable(Protocol):
    """What a history takes: it becomes XML once its key is known."""

    @property
    def created(self) -> dt.datetime:
        """When it happened."""

    def marshal(self, key: int) -> bytes:
        """Write it as one `returnval` with *key*."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Event:
    """An event of class *kind* without its key; *content* is all that follows createdTime."""

    kind: str
    created: dt.datetime
    content: str
    chain: int | None = None

    def marshal(self, key: int) -> bytes:
        """Write the event with *key*, which is its chain too unless it belongs to another."""
        chain = key if self.chain is None else self.chain
        return element(
            "returnval",
            text("key", key),
            text("chainId", chain),
            text("createdTime", self.created),
            self.content,
            kind=self.kind,
        ).encode()


@dataclasses.dataclass(frozen=True, kw_only=True)
class RawEvent:
    """XML that is passed on as it is, well-formed or not, but for `{key}`."""

    created: dt.datetime
    xml: bytes

    def marshal(self, key: int) -> bytes:
        """Put *key* where the XML says `{key}`."""
        return self.xml.replace(b"{key}", b"%d" % key)


def event(  # noqa: PLR0913  # the fields every vSphere event has
    kind: str,
    *,
    created: dt.datetime,
    message: str,
    place: str = "",
    details: str = "",
    user: str = "",
    chain: int | None = None,
) -> Event:
    """Build an event: *place* are its arguments (datacenter to dvs), *details* its own fields."""
    content = text("userName", user) + place + text("fullFormattedMessage", message) + details
    return Event(kind=kind, created=created, content=content, chain=chain)


def power_on(machine: Machine, created: dt.datetime) -> Event:
    """Build the VmPoweredOnEvent of *machine*."""
    return _powered("VmPoweredOnEvent", "on", machine, created)


def power_off(machine: Machine, created: dt.datetime) -> Event:
    """Build the VmPoweredOffEvent of *machine*."""
    return _powered("VmPoweredOffEvent", "off", machine, created)


def unknown(machine: Machine, created: dt.datetime) -> Event:
    """Build an event of a newer vCenter: class, property and reference type are unheard of."""
    return event(
        "VmQuantumEntangledEvent",
        created=created,
        place=vm_place(machine),
        message=f"{machine.vm.name} is entangled",
        details=text("template", value=False)
        + element("entanglement", text("spin", "up"), text("fidelity", 0.97))
        + reference("partner", "QuantumMachine", "qm-1"),
    )


def host_place(machine: Machine) -> str:
    """Write the arguments of an event at the host of *machine*."""
    return (
        argument("datacenter", machine.datacenter)
        + argument("computeResource", machine.cluster)
        + argument("host", machine.host)
    )


def vm_place(machine: Machine) -> str:
    """Write the arguments of an event at *machine*."""
    return host_place(machine) + argument("vm", machine.vm)


def argument(field: str, entity: Entity, *, refer: str | None = None) -> str:
    """Write an event argument: name and reference, the latter called *refer* or after its type."""
    name = refer or REFERENCE_FIELD[entity.kind]
    return element(field, text("name", entity.name), reference(name, entity.kind, entity.id))


def _powered(kind: str, state: str, machine: Machine, created: dt.datetime) -> Event:
    return event(
        kind,
        created=created,
        place=vm_place(machine),
        message=f"{machine.vm.name} on {machine.host.name} in {machine.datacenter.name}"
        f" is powered {state}",
        details=text("template", value=False),
        user="VSPHERE.LOCAL\\Administrator",
    )
