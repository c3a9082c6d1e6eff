"""Stories of virtual machines: switched on and off, changed, moved, made and removed."""

from __future__ import annotations

import dataclasses

from .events import Event, argument, vm_place
from .inventory import Entity, moved
from .markup import element, reference, text
from .scene import Scene, Story


def _starting(scene: Scene) -> Event:
    return scene.vm_event(
        "VmStartingEvent", f"{scene.machine.vm.name} on host {scene.site} is starting"
    )


def _powered_on(scene: Scene) -> Event:
    return scene.vm_event(
        "VmPoweredOnEvent", f"{scene.machine.vm.name} on {scene.site} is powered on"
    )


def _powered_on_by_drs(scene: Scene) -> Event:
    return scene.vm_event(
        "DrsVmPoweredOnEvent", f"DRS powered on {scene.machine.vm.name} on {scene.site}"
    )


def _stopping(scene: Scene) -> Event:
    return scene.vm_event("VmStoppingEvent", f"{scene.machine.vm.name} on {scene.site} is stopping")


def _powered_off(scene: Scene) -> Event:
    return scene.vm_event(
        "VmPoweredOffEvent", f"{scene.machine.vm.name} on {scene.site} is powered off"
    )


def _reconfigured(scene: Scene) -> Event:
    cpus, memory = 2 + 2 * (scene.roll % 4), 4096 * (1 + scene.roll % 8)
    return scene.vm_event(
        "VmReconfiguredEvent",
        f"Reconfigured {scene.machine.vm.name} on {scene.site}",
        element("configSpec", text("numCPUs", cpus), text("memoryMB", memory))
        + element(
            "configChanges",
            text("modified", f"config.hardware.numCPU: 1 -> {cpus};"),
            text("added", ""),
            text("deleted", ""),
        ),
    )


def _relocated(scene: Scene) -> Event:
    source = scene.machine
    there = dataclasses.replace(scene, machine=moved(source))
    return there.vm_event(
        "VmRelocatedEvent",
        f"Relocated {source.vm.name} from {source.host.name} to {there.site}",
        argument("sourceHost", source.host)
        + argument("sourceDatacenter", source.datacenter)
        + argument("sourceDatastore", source.datastore),
    )


def _created(scene: Scene) -> Event:
    scene = _short_lived(scene)
    return scene.vm_event("VmCreatedEvent", f"Created {scene.machine.vm.name} on {scene.site}")


def _removed(scene: Scene) -> Event:
    scene = _short_lived(scene)
    return scene.vm_event("VmRemovedEvent", f"Removed {scene.machine.vm.name} on {scene.site}")


def _short_lived(scene: Scene) -> Scene:
    """Set the scene for a machine that exists for this story only."""
    vm = Entity(
        kind="VirtualMachine", id=f"vm-{100_001 + scene.story}", name=f"runner-{1 + scene.story}"
    )
    return dataclasses.replace(scene, machine=dataclasses.replace(scene.machine, vm=vm))


def _reconfigure_task(scene: Scene) -> Event:
    return _task(scene, "ReconfigVM_Task", "VirtualMachine.reconfigure")


def _relocate_task(scene: Scene) -> Event:
    return _task(scene, "RelocateVM_Task", "VirtualMachine.relocate")


def _task(scene: Scene, method: str, description: str) -> Event:
    vm = scene.machine.vm
    info = element(
        "info",
        text("key", f"task-{1 + scene.story}"),
        reference("task", "Task", f"task-{1 + scene.story}"),
        text("name", method),
        text("descriptionId", description),
        reference("entity", vm.kind, vm.id),
        text("entityName", vm.name),
        text("state", "queued"),
        text("cancelled", value=False),
        text("cancelable", value=True),
        element("reason", text("userName", scene.user), kind="TaskReasonUser"),
        text("queueTime", scene.created),
        text("eventChainId", scene.chain),
    )
    return scene.event("TaskEvent", vm_place(scene.machine), f"Task: {description}", info)


STORIES: tuple[Story, ...] = (
    (_starting, _powered_on),
    (_starting, _powered_on_by_drs),
    (_stopping, _powered_off),
    (_reconfigure_task, _reconfigured),
    (_relocate_task, _relocated),
    (_created, _removed),
)
