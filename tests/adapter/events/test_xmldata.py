"""From an event's XML to XML that stands alone."""

import pytest
from lxml import etree

from adapter.events import xmldata

DECLARED = (
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
)
OF_VCENTER = f'<returnval xmlns="urn:vim25" {DECLARED} xsi:type="EventEx">{{}}</returnval>'
OF_VCSIM = (
    '<returnval xmlns="urn:vim25" '
    'xmlns:XMLSchema-instance="http://www.w3.org/2001/XMLSchema-instance" '
    'XMLSchema-instance:type="EventEx">{}</returnval>'
)
OTHER = 'xmlns:XMLSchema-instance="http://www.w3.org/2001/XMLSchema-instance"'


@pytest.mark.parametrize(
    ("answer", "properties", "expected"),
    [
        pytest.param(
            OF_VCENTER,
            "<key>7</key><vm><name>a&amp;b</name><vm type='VirtualMachine'>vm-7</vm></vm>",
            '<key>7</key><vm><name>a&amp;b</name><vm type="VirtualMachine">vm-7</vm></vm>',
            id="plain properties and references",
        ),
        pytest.param(
            OF_VCENTER,
            "<arguments><key>a</key><value xsi:type='xsd:string'>007</value></arguments>",
            '<arguments><key>a</key><value xsi:type="xsd:string">007</value></arguments>',
            id="a polymorphic value of XML Schema's types",
        ),
        pytest.param(
            OF_VCENTER,
            "<info><reason xsi:type='TaskReasonUser'><userName>root</userName></reason></info>",
            '<info><reason xsi:type="TaskReasonUser"><userName>root</userName></reason></info>',
            id="a polymorphic value of vSphere's types",
        ),
        pytest.param(
            OF_VCSIM,
            f"<arguments><key>a</key><value {OTHER} "
            'xmlns:_XMLSchema="http://www.w3.org/2001/XMLSchema" '
            'XMLSchema-instance:type="_XMLSchema:string">007</value></arguments>',
            '<arguments><key>a</key><value xsi:type="xsd:string">007</value></arguments>',
            id="other prefixes, declared again and again",
        ),
        pytest.param(
            OF_VCSIM,
            '<x xmlns:v="urn:vim25" XMLSchema-instance:type="v:KeyValue"><v:key>k</v:key></x>',
            '<x xsi:type="KeyValue"><key>k</key></x>',
            id="a prefix for vSphere's own namespace",
        ),
        pytest.param(
            OF_VCENTER,
            "<userName>Zoë</userName><x/><x xsi:type='xsd:boolean'>1</x>",
            '<userName>Zo&#235;</userName><x/><x xsi:type="xsd:boolean">1</x>',
            id="empty and unknown properties, and letters beyond ASCII",
        ),
        pytest.param(OF_VCENTER, "", "", id="nothing"),
    ],
)
def test_an_event_keeps_its_elements_and_the_types_of_polymorphic_values(
    answer, properties, expected
):
    data = xmldata.write(etree.fromstring(answer.format(properties)), "EventEx")

    whole = f"<EventEx {DECLARED}>{expected}</EventEx>" if expected else f"<EventEx {DECLARED}/>"
    assert data.decode() == whole


def test_the_root_is_named_after_the_class():
    data = xmldata.write(etree.fromstring(OF_VCENTER.format("<key>7</key>")), "VmPoweredOnEvent")

    assert etree.fromstring(data).tag == "VmPoweredOnEvent"
