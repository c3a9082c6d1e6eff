"""From an event's XML to its JSON, as "Virtual Infrastructure JSON API" writes it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from adapter.events import jsondata
from adapter.events.event import JSON, Encoder

ROOT = (
    '<returnval xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema">{}</returnval>'
)


def written(class_name, properties):
    element = etree.fromstring(ROOT.format(properties))
    value = json.loads(jsondata.write(element, class_name), parse_constant=pytest.fail)
    assert value.pop("_typeName") == class_name
    return value


def test_a_virtual_machine_named_007_keeps_its_zeros():
    assert written(
        "VmPoweredOnEvent",
        "<key>7</key><chainId>6</chainId><userName>1e3</userName>"
        '<vm><name>007</name><vm type="VirtualMachine">vm-7</vm></vm>'
        "<fullFormattedMessage>true</fullFormattedMessage><template>false</template>",
    ) == {
        "key": 7,
        "chainId": 6,
        "userName": "1e3",
        "vm": {
            "_typeName": "VmEventArgument",
            "name": "007",
            "vm": {
                "_typeName": "ManagedObjectReference",
                "type": "VirtualMachine",
                "value": "vm-7",
            },
        },
        "fullFormattedMessage": "true",
        "template": False,
    }


@pytest.mark.parametrize(
    ("class_name", "properties", "expected"),
    [
        pytest.param(
            "EventEx",
            "<arguments><key>nic</key><value xsi:type='xsd:string'>vmnic0</value></arguments>",
            {
                "arguments": [
                    {
                        "_typeName": "KeyAnyValue",
                        "key": "nic",
                        "value": {"_typeName": "string", "_value": "vmnic0"},
                    }
                ]
            },
            id="a list of one is a list",
        ),
        pytest.param(
            "EventEx",
            "<arguments><key>a</key><value xsi:type='xsd:int'>3</value></arguments>"
            "<arguments><key>b</key><value xsi:type='xsd:boolean'>true</value></arguments>",
            {
                "arguments": [
                    {
                        "_typeName": "KeyAnyValue",
                        "key": "a",
                        "value": {"_typeName": "int", "_value": 3},
                    },
                    {
                        "_typeName": "KeyAnyValue",
                        "key": "b",
                        "value": {"_typeName": "boolean", "_value": True},
                    },
                ]
            },
            id="what may be anything is boxed",
        ),
        pytest.param(
            "EventEx",
            "<arguments><key>a</key><value xsi:type='ManagedObjectReference' type='HostSystem'>"
            "host-1</value></arguments>",
            {
                "arguments": [
                    {
                        "_typeName": "KeyAnyValue",
                        "key": "a",
                        "value": {
                            "_typeName": "ManagedObjectReference",
                            "type": "HostSystem",
                            "value": "host-1",
                        },
                    }
                ]
            },
            id="a reference names its own type",
        ),
        pytest.param(
            "EventEx",
            "<arguments><key>a</key><value xsi:type='ArrayOfString'>"
            "<string>1</string></value></arguments>",
            {
                "arguments": [
                    {
                        "_typeName": "KeyAnyValue",
                        "key": "a",
                        "value": {"_typeName": "ArrayOfString", "_value": ["1"]},
                    }
                ]
            },
            id="a boxed list of strings",
        ),
        pytest.param(
            "EventEx",
            "<arguments><key>a</key><value xsi:type='ArrayOfInt'>"
            "<int>1</int><int>2</int></value></arguments>"
            "<arguments><key>b</key><value xsi:type='ArrayOfManagedObjectReference'>"
            "<ManagedObjectReference type='Folder'>group-1</ManagedObjectReference>"
            "</value></arguments>"
            "<arguments><key>c</key><value xsi:type='ArrayOfAnyType'>"
            "<anyType xsi:type='xsd:long'>1</anyType></value></arguments>"
            "<arguments><key>d</key><value xsi:type='ArrayOfKeyValue'>"
            "<KeyValue><key>k</key><value>v</value></KeyValue></value></arguments>"
            "<arguments><key>e</key><value xsi:type='ArrayOfNotYetInvented'>"
            "<NotYetInvented><x>1</x></NotYetInvented></value></arguments>",
            {
                "arguments": [
                    {
                        "_typeName": "KeyAnyValue",
                        "key": "a",
                        "value": {"_typeName": "ArrayOfInt", "_value": [1, 2]},
                    },
                    {
                        "_typeName": "KeyAnyValue",
                        "key": "b",
                        "value": {
                            "_typeName": "ArrayOfManagedObjectReference",
                            "_value": [
                                {
                                    "_typeName": "ManagedObjectReference",
                                    "type": "Folder",
                                    "value": "group-1",
                                }
                            ],
                        },
                    },
                    {
                        "_typeName": "KeyAnyValue",
                        "key": "c",
                        "value": {
                            "_typeName": "ArrayOfAnyType",
                            "_value": [{"_typeName": "long", "_value": 1}],
                        },
                    },
                    {
                        "_typeName": "KeyAnyValue",
                        "key": "d",
                        "value": {
                            "_typeName": "ArrayOfKeyValue",
                            "_value": [{"_typeName": "KeyValue", "key": "k", "value": "v"}],
                        },
                    },
                    {
                        "_typeName": "KeyAnyValue",
                        "key": "e",
                        "value": {"_typeName": "ArrayOfNotYetInvented", "_value": [{"x": "1"}]},
                    },
                ]
            },
            id="boxed lists of everything else",
        ),
        pytest.param(
            "EventEx",
            "<arguments><key>a</key><value xsi:type='xsd:base64Binary'>AAE=</value></arguments>"
            "<arguments><key>b</key><value xsi:type='VirtualMachinePowerState'>poweredOn</value>"
            "</arguments>",
            {
                "arguments": [
                    {
                        "_typeName": "KeyAnyValue",
                        "key": "a",
                        "value": {"_typeName": "binary", "_value": "AAE="},
                    },
                    {
                        "_typeName": "KeyAnyValue",
                        "key": "b",
                        "value": {"_typeName": "VirtualMachinePowerState", "_value": "poweredOn"},
                    },
                ]
            },
            id="boxed bytes and words of an enumeration",
        ),
        pytest.param(
            "ExtendedEvent",
            "<eventTypeId>t</eventTypeId>"
            "<managedObject type='ContentLibrary'>library-1</managedObject>"
            "<data><key>a</key><value>007</value></data>",
            {
                "eventTypeId": "t",
                "managedObject": {
                    "_typeName": "ManagedObjectReference",
                    "type": "ContentLibrary",
                    "value": "library-1",
                },
                "data": [{"_typeName": "ExtendedEventPair", "key": "a", "value": "007"}],
            },
            id="an ExtendedEvent about a managed object of an unknown type",
        ),
        pytest.param(
            "NotYetInventedEvent",
            "<key>7</key><flag>true</flag><vm type='VirtualMachine'>vm-7</vm>",
            {
                "key": "7",
                "flag": "true",
                "vm": {
                    "_typeName": "ManagedObjectReference",
                    "type": "VirtualMachine",
                    "value": "vm-7",
                },
            },
            id="an unknown class has strings and references",
        ),
        pytest.param("Event", "<new>1</new>", {"new": "1"}, id="an unknown property"),
        pytest.param(
            "Event",
            "<new>1</new><new>2</new><new>3</new>",
            {"new": ["1", "2", "3"]},
            id="an unknown property that repeats",
        ),
        pytest.param(
            "Event",
            "<new><deep><er>1</er><er>2</er></deep></new>",
            {"new": {"deep": {"er": ["1", "2"]}}},
            id="an unknown property with properties",
        ),
        pytest.param(
            "Event",
            "<new xsi:type='xsd:int'>1</new>",
            {"new": {"_typeName": "int", "_value": 1}},
            id="an unknown property that names its type",
        ),
        pytest.param(
            "Event",
            "<new xsi:type='KeyValue'><key>1</key><value>2</value></new>",
            {"new": {"_typeName": "KeyValue", "key": "1", "value": "2"}},
            id="an unknown property of a known class",
        ),
        pytest.param("Event", "<userName/><new/>", {"userName": "", "new": ""}, id="empty values"),
        pytest.param("Event", "", {}, id="nothing at all: no nulls"),
        pytest.param(
            "VmFailedToPowerOnEvent",
            "<reason><fault xsi:type='InsufficientMemoryResourcesFault'>"
            "<faultMessage><key>m</key><arg><key>1</key><value xsi:type='xsd:int'>2</value></arg>"
            "</faultMessage><unreserved>5</unreserved><requested>6</requested></fault>"
            "<localizedMessage>no memory</localizedMessage></reason>",
            {
                "reason": {
                    "_typeName": "LocalizedMethodFault",
                    "fault": {
                        "_typeName": "InsufficientMemoryResourcesFault",
                        "faultMessage": [
                            {
                                "_typeName": "LocalizableMessage",
                                "key": "m",
                                "arg": [
                                    {
                                        "_typeName": "KeyAnyValue",
                                        "key": "1",
                                        "value": {"_typeName": "int", "_value": 2},
                                    }
                                ],
                            }
                        ],
                        "unreserved": 5,
                        "requested": 6,
                    },
                    "localizedMessage": "no memory",
                }
            },
            id="a fault with its message",
        ),
        pytest.param(
            "VmFailedToPowerOnEvent",
            "<reason><fault xsi:type='NotYetInventedFault'><code>5</code></fault></reason>",
            {
                "reason": {
                    "_typeName": "LocalizedMethodFault",
                    "fault": {"_typeName": "NotYetInventedFault", "code": "5"},
                }
            },
            id="a fault of an unknown class",
        ),
        pytest.param(
            "TaskEvent",
            "<info><key>task-1</key><task type='Task'>task-1</task>"
            "<name>PowerOnVM_Task</name><descriptionId>d</descriptionId>"
            "<entity type='VirtualMachine'>vm-7</entity><entityName>007</entityName>"
            "<state>success</state><cancelled>0</cancelled><cancelable>1</cancelable>"
            "<result xsi:type='xsd:string'>ok</result>"
            "<reason xsi:type='TaskReasonUser'><userName>root</userName></reason>"
            "<queueTime>2026-11-22T12:00:00Z</queueTime><eventChainId>9</eventChainId>"
            "<progress>50</progress></info>",
            {
                "info": {
                    "_typeName": "TaskInfo",
                    "key": "task-1",
                    "task": {
                        "_typeName": "ManagedObjectReference",
                        "type": "Task",
                        "value": "task-1",
                    },
                    "name": "PowerOnVM_Task",
                    "descriptionId": "d",
                    "entity": {
                        "_typeName": "ManagedObjectReference",
                        "type": "VirtualMachine",
                        "value": "vm-7",
                    },
                    "entityName": "007",
                    "state": "success",
                    "cancelled": False,
                    "cancelable": True,
                    "result": {"_typeName": "string", "_value": "ok"},
                    "reason": {"_typeName": "TaskReasonUser", "userName": "root"},
                    "queueTime": "2026-11-22T12:00:00Z",
                    "eventChainId": 9,
                    "progress": 50,
                }
            },
            id="a task with its info",
        ),
        pytest.param(
            "AlarmStatusChangedEvent",
            "<from>green</from><to>notYetInvented</to>",
            {"from": "green", "to": "notYetInvented"},
            id="words of an enumeration, known or not",
        ),
    ],
)
def test_properties_become(class_name, properties, expected):
    assert written(class_name, properties) == expected


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        pytest.param("boolean", "true", True, id="true"),
        pytest.param("boolean", "1", True, id="true in digits"),
        pytest.param("boolean", "false", False, id="false"),
        pytest.param("boolean", "0", False, id="false in digits"),
        pytest.param("boolean", "yes", "yes", id="no boolean"),
        pytest.param("byte", "-128", -128, id="byte"),
        pytest.param("short", "300", 300, id="short"),
        pytest.param("long", "9007199254740993", 9007199254740993, id="a long beyond doubles"),
        pytest.param("int", "", "", id="an empty int"),
        pytest.param("int", "3.5", "3.5", id="an int with a fraction"),
        pytest.param("int", "many", "many", id="an int in words"),
        pytest.param("double", "0.5", 0.5, id="double"),
        pytest.param("float", "1e3", 1000.0, id="float"),
        pytest.param("float", "NaN", "NaN", id="JSON has no NaN"),
        pytest.param("double", "INF", "INF", id="JSON has no infinity"),
        pytest.param("double", "-INF", "-INF", id="JSON has no negative infinity"),
        pytest.param("double", "1e999", "1e999", id="what only a double cannot hold"),
        pytest.param("dateTime", "2026-11-22T12:00:00Z", "2026-11-22T12:00:00Z", id="dateTime"),
        pytest.param("anyURI", "ds:///x", "ds:///x", id="anyURI"),
        pytest.param("string", " 007 ", " 007 ", id="string"),
    ],
)
def test_values_are_numbers_and_booleans_where_their_type_allows(kind, text, value):
    assert written("Event", f"<x xsi:type='xsd:{kind}'>{text}</x>") == {
        "x": {"_typeName": kind, "_value": value}
    }


def test_a_typed_property_is_not_boxed_because_it_repeats_its_type():
    assert written("Event", "<key xsi:type='xsd:int'>7</key>") == {"key": 7}


def test_text_stays_unicode(make_page, noon):
    page = make_page(
        "<returnval xsi:type='Event'><key>1</key><createdTime>2026-11-22T12:00:00Z</createdTime>"
        "<userName>Zoë 😀 &lt;b&gt; &quot;</userName></returnval>"
    )
    encoder = Encoder(source="s", api_version="8", encoding=JSON, extensions={})

    [event] = encoder.page(page, near=noon)

    assert event.body == (
        b'{"_typeName":"Event","key":1,"createdTime":"2026-11-22T12:00:00Z",'
        b'"userName":"Zo\xc3\xab \xf0\x9f\x98\x80 <b> \\""}'
    )


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))
NAMES = st.sampled_from(["key", "vm", "name", "arguments", "value", "template", "new", "reason"])
TYPES = st.sampled_from(
    ["xsd:int", "xsd:double", "ArrayOfInt", "ManagedObjectReference", "KeyValue", "Unheard"]
)


@st.composite
def elements(draw, depth=3):
    element = etree.Element(draw(NAMES))
    if draw(st.booleans()):
        element.set("{http://www.w3.org/2001/XMLSchema-instance}type", draw(TYPES))
    element.text = draw(TEXT).replace("\ufffe", "").replace("\uffff", "")
    if depth:
        element.extend(draw(st.lists(elements(depth=depth - 1), max_size=3)))
    return element


@given(element=elements(), class_name=st.sampled_from(["EventEx", "VmPoweredOnEvent", "Unheard"]))
def test_whatever_vcenter_writes_becomes_json(element, class_name):
    value = json.loads(jsondata.write(element, class_name), parse_constant=pytest.fail)

    assert value["_typeName"] == class_name
    assert {child.tag for child in element} <= value.keys()
