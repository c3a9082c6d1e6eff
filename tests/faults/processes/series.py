"""Kinds of events that may happen, each made of a machine and a time."""

from standalone.simulator import RawEvent, events
from standalone.simulator.markup import element, reference, text


def _typed(number):
    """Build what makes events of a thousand types, by an eventTypeId as plug-ins register it."""

    def make(machine, created):
        return events.event(
            "EventEx",
            created=created,
            message=f"{machine.vm.name} did thing {number}",
            place=events.vm_place(machine),
            details=text("eventTypeId", f"example.thing.{number}") + text("severity", "info"),
        )

    return make


def _newer(machine, created):
    """Build an event of a class that is known, with a property and a reference that are not."""
    spin = element("spin", text("axis", "z")) + reference("twin", "QuantumMachine", "q1")
    return events.event(
        "VmPoweredOnEvent",
        created=created,
        message=f"{machine.vm.name} is powered on",
        place=events.vm_place(machine),
        details=text("template", value=False) + spin,
    )


def _illegal(machine, created):
    """Build an event with a character that XML forbids, as guest tools put them into names."""
    xml = events.power_on(machine, created).marshal(0)
    xml = xml.replace(b"<key>0</key>", b"<key>{key}</key>").replace(b"is powered", b"is\x01powered")
    return RawEvent(created=created, xml=xml)


SERIES = {
    "usual": (events.power_on, events.power_off),
    "odd": (events.power_on, events.unknown, _newer, _illegal),
    "types": tuple(map(_typed, range(1000))),
}
