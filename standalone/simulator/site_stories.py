"""Stories of everything but virtual machines: people, hosts, datastores, alarms, extensions."""

from __future__ import annotations

import datetime as dt

from .events import Event, argument, host_place, vm_place
from .inventory import Entity
from .markup import element, reference, text
from .scene import Scene, Story

CLIENT = "VMware vim-java 1.0"
SESSION_LENGTH = dt.timedelta(minutes=20)


def _logged_in(scene: Scene) -> Event:
    return scene.event(
        "UserLoginSessionEvent",
        "",
        f"User {scene.user}@{_address(scene)} logged in as {CLIENT}",
        text("ipAddress", _address(scene))
        + text("userAgent", CLIENT)
        + text("locale", "en_US")
        + text("sessionId", _session(scene)),
    )


def _logged_out(scene: Scene) -> Event:
    return scene.event(
        "UserLogoutSessionEvent",
        "",
        f"User {scene.user}@{_address(scene)} logged out",
        text("ipAddress", _address(scene))
        + text("userAgent", CLIENT)
        + text("callCount", scene.roll)
        + text("sessionId", _session(scene))
        + text("loginTime", scene.created - SESSION_LENGTH),
    )


def _address(scene: Scene) -> str:
    return f"192.0.2.{1 + scene.roll % 254}"


def _session(scene: Scene) -> str:
    return f"52{scene.story:030x}"


def _alarm_raised(scene: Scene) -> Event:
    return _alarm(scene, "green", "red")


def _alarm_cleared(scene: Scene) -> Event:
    return _alarm(scene, "red", "green")


def _alarm(scene: Scene, before: str, after: str) -> Event:
    alarm = Entity(kind="Alarm", id="alarm-6", name="Virtual machine CPU usage")
    folder = Entity(kind="Folder", id="group-d1", name="Datacenters")
    vm = scene.machine.vm
    return scene.event(
        "AlarmStatusChangedEvent",
        vm_place(scene.machine),
        f"Alarm '{alarm.name}' on {vm.name} changed from {before.title()} to {after.title()}",
        argument("alarm", alarm)
        + argument("source", folder, refer="entity")
        + argument("entity", vm, refer="entity")
        + text("from", before)
        + text("to", after),
    )


def _file_copied(scene: Scene) -> Event:
    return scene.event(
        "DatastoreFileCopiedEvent",
        _datastore_place(scene),
        f"File or directory {_image(scene)} copied to {_file(scene)}",
        argument("datastore", scene.machine.datastore)
        + text("targetFile", _file(scene))
        + argument("sourceDatastore", scene.machine.datastore)
        + text("sourceFile", _image(scene)),
    )


def _file_deleted(scene: Scene) -> Event:
    return scene.event(
        "DatastoreFileDeletedEvent",
        _datastore_place(scene),
        f"File or directory {_file(scene)} deleted",
        argument("datastore", scene.machine.datastore) + text("targetFile", _file(scene)),
    )


def _datastore_place(scene: Scene) -> str:
    machine = scene.machine
    return argument("datacenter", machine.datacenter) + argument("ds", machine.datastore)


def _image(scene: Scene) -> str:
    return f"[{scene.machine.datastore.name}] images/ubuntu-24.04.iso"


def _file(scene: Scene) -> str:
    return f"[{scene.machine.datastore.name}] {scene.machine.vm.name}/install.iso"


def _host_lost(scene: Scene) -> Event:
    return scene.event(
        "HostConnectionLostEvent", host_place(scene.machine), f"Host {scene.site} is not responding"
    )


def _host_connected(scene: Scene) -> Event:
    return scene.event(
        "HostConnectedEvent", host_place(scene.machine), f"Connected to {scene.site}"
    )


def _network_lost(scene: Scene) -> Event:
    return _network(scene, "esx.problem.net.connectivity.lost", "error", "Lost")


def _network_restored(scene: Scene) -> Event:
    return _network(scene, "esx.clear.net.connectivity.restored", "info", "Restored")


def _network(scene: Scene, type_id: str, severity: str, verb: str) -> Event:
    switch, nic = "vSwitch0", f"vmnic{scene.roll % 4}"
    message = f"{verb} network connectivity on virtual switch {switch!r}. Physical NIC: {nic}."
    host = scene.machine.host
    return scene.event(
        "EventEx",
        host_place(scene.machine),
        message,
        text("eventTypeId", type_id)
        + text("severity", severity)
        + text("message", message)
        + element("arguments", text("key", "1"), text("value", switch, kind="xsd:string"))
        + element("arguments", text("key", "2"), text("value", nic, kind="xsd:string"))
        + text("objectId", host.id)
        + text("objectType", host.kind)
        + text("objectName", host.name),
    )


def _backup_begun(scene: Scene) -> Event:
    return _backup(scene, "example.backup.started", "started")


def _backup_done(scene: Scene) -> Event:
    return _backup(scene, "example.backup.completed", "completed")


def _backup(scene: Scene, type_id: str, verb: str) -> Event:
    vm = scene.machine.vm
    message = f"Backup of {vm.name} {verb}"
    return scene.event(
        "ExtendedEvent",
        vm_place(scene.machine),
        message,
        text("message", message)
        + text("eventTypeId", type_id)
        + reference("managedObject", vm.kind, vm.id)
        + element("data", text("key", "job"), text("value", f"nightly-{1 + scene.story}"))
        + element("data", text("key", "megabytes"), text("value", scene.roll)),
    )


STORIES: tuple[Story, ...] = (
    (_logged_in, _logged_out),
    (_alarm_raised, _alarm_cleared),
    (_file_copied, _file_deleted),
    (_host_lost, _host_connected),
    (_network_lost, _network_restored),
    (_backup_begun, _backup_done),
)
