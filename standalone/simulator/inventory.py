"""What the simulated vCenter manages: the same few hundred machines every time."""

from __future__ import annotations

import dataclasses
import functools

ROLES = ("web", "app", "db", "cache", "queue", "build", "mail", "dns", "backup", "monitor")
STAGES = ("prod", "stage", "test")
SITES = ("Vienna", "Dublin")
CLUSTERS_PER_SITE = 2
HOSTS_PER_CLUSTER = 4
DATASTORES_PER_CLUSTER = 2


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entity:
    """A managed object: its vSphere type, its identifier and its name."""

    kind: str
    id: str
    name: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Machine:
    """A virtual machine and where it runs."""

    vm: Entity
    host: Entity
    cluster: Entity
    datacenter: Entity
    datastore: Entity


@functools.cache
def build(machines: int = 300) -> tuple[Machine, ...]:
    """Build an inventory of *machines* virtual machines, spread over all hosts."""
    return tuple(_machine(number) for number in range(machines))


def moved(machine: Machine) -> Machine:
    """Return *machine* as it would be on the next host of its cluster."""
    number = int(machine.host.id.removeprefix("host-")) - 1
    first = number - number % HOSTS_PER_CLUSTER
    return dataclasses.replace(machine, host=_host(first + (number + 1) % HOSTS_PER_CLUSTER))


def _machine(number: int) -> Machine:
    host = number % (len(SITES) * CLUSTERS_PER_SITE * HOSTS_PER_CLUSTER)
    cluster = host // HOSTS_PER_CLUSTER
    site = cluster // CLUSTERS_PER_SITE
    store = cluster * DATASTORES_PER_CLUSTER + number // 2 % DATASTORES_PER_CLUSTER
    return Machine(
        vm=Entity(kind="VirtualMachine", id=f"vm-{1001 + number}", name=_name(number)),
        host=_host(host),
        cluster=Entity(
            kind="ClusterComputeResource",
            id=f"domain-c{1 + cluster}",
            name=f"cluster-{1 + cluster}",
        ),
        datacenter=Entity(kind="Datacenter", id=f"datacenter-{1 + site}", name=SITES[site]),
        datastore=Entity(
            kind="Datastore", id=f"datastore-{1 + store}", name=f"san-{1 + store:02d}"
        ),
    )


def _host(number: int) -> Entity:
    return Entity(
        kind="HostSystem", id=f"host-{1 + number}", name=f"esx-{1 + number:02d}.lab.example"
    )


def _name(number: int) -> str:
    """Name a machine by role and stage; machines of one kind are counted."""
    kind, role = divmod(number, len(ROLES))
    count, stage = divmod(kind, len(STAGES))
    return f"{ROLES[role]}-{STAGES[stage]}-{1 + count:02d}"
