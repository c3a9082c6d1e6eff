"""What pyVmomi's registry knows of vSphere's values."""

import pytest
from lxml import etree
from pyVmomi import VmomiSupport, vim

from adapter.events import wire
from adapter.events.wire import Field, Kind


@pytest.mark.parametrize(
    ("class_name", "property_name", "field"),
    [
        pytest.param("VmPoweredOnEvent", "key", Field(Kind.INTEGER), id="inherited number"),
        pytest.param("VmPoweredOnEvent", "template", Field(Kind.BOOLEAN), id="boolean"),
        pytest.param("Event", "createdTime", Field(Kind.TEXT), id="time"),
        pytest.param("Event", "vm", Field(Kind.OBJECT, "VmEventArgument"), id="object"),
        pytest.param("VmEventArgument", "vm", Field(Kind.REFERENCE), id="reference"),
        pytest.param(
            "EventEx", "arguments", Field(Kind.OBJECT, "KeyAnyValue", many=True), id="list"
        ),
        pytest.param("KeyAnyValue", "value", Field(Kind.ANY), id="anything"),
        pytest.param("TaskInfo", "state", Field(Kind.TEXT), id="enumeration"),
        pytest.param("TaskInfo", "name", Field(Kind.TEXT), id="name of a method"),
        pytest.param("ClusterUsageSummary", "totalCpuCapacityMhz", Field(Kind.INTEGER), id="int"),
        pytest.param(
            "VmFailedToPowerOnEvent",
            "reason",
            Field(Kind.OBJECT, "LocalizedMethodFault"),
            id="fault",
        ),
        pytest.param(
            "LocalizedMethodFault", "fault", Field(Kind.OBJECT, "MethodFault"), id="inner fault"
        ),
    ],
)
def test_a_property_is_of_kind(class_name, property_name, field):
    assert wire.fields(class_name)[property_name] == field


@pytest.mark.parametrize("name", ["NotYetInvented", "VirtualMachinePowerState", "string", ""])
def test_other_names_have_no_properties(name):
    assert wire.fields(name) == {}


def test_every_event_class_of_pyvmomi_is_tabulated():
    classes = [
        VmomiSupport.GetWsdlName(found)
        for found in VmomiSupport.GetWsdlTypes()
        if isinstance(found, type) and issubclass(found, vim.event.Event)
    ]

    assert len(classes) > 400
    assert all({"key", "createdTime"} <= wire.fields(name).keys() for name in classes)


@pytest.mark.parametrize(
    ("array", "item"),
    [
        pytest.param("ArrayOfString", Field(Kind.TEXT), id="strings"),
        pytest.param("ArrayOfInt", Field(Kind.INTEGER), id="numbers"),
        pytest.param("ArrayOfAnyURI", Field(Kind.TEXT), id="addresses"),
        pytest.param("ArrayOfBase64Binary", Field(Kind.TEXT), id="bytes"),
        pytest.param("ArrayOfManagedObjectReference", Field(Kind.REFERENCE), id="references"),
        pytest.param("ArrayOfAnyType", Field(Kind.ANY), id="anything"),
        pytest.param("ArrayOfKeyValue", Field(Kind.OBJECT, "KeyValue"), id="objects"),
        pytest.param("ArrayOfNotYetInvented", Field(Kind.ANY), id="unknown"),
    ],
)
def test_the_name_of_an_array_tells_its_items(array, item):
    assert wire.item_field(array) == item


@pytest.mark.parametrize(
    ("name", "expected"),
    [("VirtualMachinePowerState", True), ("VmPoweredOnEvent", False), ("NotYetInvented", False)],
)
def test_an_enumeration_is_known_as_one(name, expected):
    assert wire.is_enumeration(name) is expected


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        pytest.param('a:type="xsd:int"', "int", id="with prefix"),
        pytest.param('a:type="KeyValue"', "KeyValue", id="without prefix"),
        pytest.param('type="HostSystem"', None, id="a reference's type is another"),
    ],
)
def test_a_written_type_is_read_whatever_its_prefix(attribute, expected):
    element = etree.fromstring(f'<x xmlns:a="{wire.XSI}" {attribute}/>')

    assert wire.type_of(element) == expected
