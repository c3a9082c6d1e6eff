"""pyVmomi is the judge: it knows every class, field and type of the vSphere API."""

import datetime as dt

import pytest
from lxml import etree
from pyVmomi import SoapAdapter, vim

from standalone.simulator import events, inventory, plausible

VERSION = "vim.version.v8_0_3_0"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
NAMESPACES = (
    b'<returnval xmlns="urn:vim25" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
CREATED = dt.datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=dt.UTC)
MACHINES = inventory.build()

CLASSES = {
    "AlarmStatusChangedEvent",
    "DatastoreFileCopiedEvent",
    "DatastoreFileDeletedEvent",
    "DrsVmPoweredOnEvent",
    "EventEx",
    "ExtendedEvent",
    "HostConnectedEvent",
    "HostConnectionLostEvent",
    "TaskEvent",
    "UserLoginSessionEvent",
    "UserLogoutSessionEvent",
    "VmCreatedEvent",
    "VmPoweredOffEvent",
    "VmPoweredOnEvent",
    "VmReconfiguredEvent",
    "VmRelocatedEvent",
    "VmRemovedEvent",
    "VmStartingEvent",
    "VmStoppingEvent",
}


@pytest.fixture(scope="module")
def stub():
    return SoapAdapter.SoapStubAdapter(host="127.0.0.1", version=VERSION)


def event(n, seed=0):
    return plausible.event(seed, n, created=CREATED, machines=MACHINES)


def document(marshalled):
    """Give an event the namespaces that the envelope around it declares."""
    return marshalled.replace(b"<returnval", NAMESPACES, 1)


def canonical(xml):
    """Write class and fields of an event so that equal events are equal text."""
    root = etree.fromstring(xml)
    return root.get(XSI_TYPE), [etree.tostring(field, method="c14n") for field in root]


def test_pyvmomi_reads_and_writes_the_first_500_events_exactly_as_they_are(stub):
    for n in range(500):
        xml = document(event(n).marshal(n + 1))

        known = SoapAdapter.Deserialize(xml, vim.event.Event, stub)

        assert type(known).__name__ == f"vim.event.{event(n).kind}"
        assert canonical(SoapAdapter.Serialize(known, version=VERSION)) == canonical(xml)


def test_all_kinds_occur_among_the_first_500_events():
    assert {event(n).kind for n in range(500)} == CLASSES


def test_equal_arguments_make_equal_events():
    assert [event(n) for n in range(200)] == [event(n) for n in range(200)]


def test_another_seed_makes_another_series():
    assert [event(n, seed=1) for n in range(200)] != [event(n) for n in range(200)]


def test_two_events_in_a_row_are_one_chain_that_has_the_key_of_the_first():
    assert [event(n).chain for n in range(6)] == [1, 1, 3, 3, 5, 5]


def test_an_event_is_marshalled_as_vcenter_does(machine):
    marshalled = events.power_on(machine, CREATED).marshal(42)

    assert marshalled.decode() == (
        '<returnval xsi:type="VmPoweredOnEvent"><key>42</key><chainId>42</chainId>'
        "<createdTime>2026-05-01T12:00:00.123456Z</createdTime>"
        "<userName>VSPHERE.LOCAL\\Administrator</userName>"
        "<datacenter><name>Dublin</name>"
        '<datacenter type="Datacenter">datacenter-2</datacenter></datacenter>'
        "<computeResource><name>cluster-3</name>"
        '<computeResource type="ClusterComputeResource">domain-c3</computeResource>'
        "</computeResource>"
        '<host><name>esx-10.lab.example</name><host type="HostSystem">host-10</host></host>'
        '<vm><name>dns-test-02</name><vm type="VirtualMachine">vm-1058</vm></vm>'
        "<fullFormattedMessage>dns-test-02 on esx-10.lab.example in Dublin is powered on"
        "</fullFormattedMessage><template>false</template></returnval>"
    )


def test_only_polymorphic_values_tell_their_type():
    [arguments] = [
        etree.fromstring(document(event(n).marshal(1))).findall("{*}arguments")
        for n in range(500)
        if event(n).kind == "EventEx"
    ][:1]

    assert [
        (etree.QName(field).localname, dict(field.attrib)) for field in arguments[0].iter()
    ] == [("arguments", {}), ("key", {}), ("value", {XSI_TYPE: "xsd:string"})]


def test_text_is_escaped():
    marshalled = events.event("Event", created=CREATED, message="a < b & c").marshal(1)

    known = etree.fromstring(document(marshalled))
    assert known.findtext("{*}fullFormattedMessage") == "a < b & c"


def test_pyvmomi_cannot_read_an_unknown_event(stub, machine):
    """This is what the event is for; should pyVmomi learn the class, choose another name."""
    xml = document(events.unknown(machine, CREATED).marshal(1))

    with pytest.raises(KeyError, match="VmQuantumEntangledEvent"):
        SoapAdapter.Deserialize(xml, vim.event.Event, stub)
