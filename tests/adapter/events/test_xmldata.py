"""From an event of a page to XML that stands alone."""

import pytest
from lxml import etree

from adapter.events import page, xmldata

DECLARED = (
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
)


def written(make_page, properties, class_name="EventEx"):
    event = f'<returnval xsi:type="{class_name}">{properties}</returnval>'
    [element] = page.elements(make_page(event))
    return xmldata.write(element, class_name).decode()


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        pytest.param(
            "<key>7</key><vm><name>a&amp;b</name><vm type='VirtualMachine'>vm-7</vm></vm>",
            '<key>7</key><vm><name>a&amp;b</name><vm type="VirtualMachine">vm-7</vm></vm>',
            id="plain properties and references",
        ),
        pytest.param(
            "<arguments><key>a</key><value xsi:type='xsd:string'>007</value></arguments>",
            '<arguments><key>a</key><value xsi:type="xsd:string">007</value></arguments>',
            id="a polymorphic value of XML Schema's types",
        ),
        pytest.param(
            "<info><reason xsi:type='TaskReasonUser'><userName>root</userName></reason></info>",
            '<info><reason xsi:type="TaskReasonUser"><userName>root</userName></reason></info>',
            id="a polymorphic value of vSphere's types",
        ),
        pytest.param(
            "<userName>Zoë</userName><x/><x xsi:type='xsd:boolean'>1</x>",
            '<userName>Zo&#235;</userName><x/><x xsi:type="xsd:boolean">1</x>',
            id="empty and unknown properties, and letters beyond ASCII",
        ),
    ],
)
def test_an_event_keeps_its_elements_and_the_types_of_polymorphic_values(
    make_page, properties, expected
):
    assert written(make_page, properties) == f"<EventEx {DECLARED}>{expected}</EventEx>"


def test_an_event_may_be_empty(make_page):
    assert written(make_page, "") == f"<EventEx {DECLARED}/>"


def test_the_root_is_named_after_the_class(make_page):
    data = written(make_page, "<key>7</key>", "VmPoweredOnEvent")

    assert etree.fromstring(data).tag == "VmPoweredOnEvent"


def test_what_follows_an_event_in_its_answer_is_no_data(make_page):
    answer = make_page('<returnval xsi:type="EventEx"/>\n  ', '<returnval xsi:type="EventEx"/>')
    first, second = page.elements(answer)

    assert xmldata.write(first, "EventEx") == xmldata.write(second, "EventEx")


@pytest.mark.parametrize("class_name", ["a b", "1st", "-"])
def test_a_class_that_no_element_can_be_named_after_is_a_type(make_page, class_name):
    assert written(make_page, "<key>7</key>", class_name) == (
        f'<Event {DECLARED} xsi:type="{class_name}"><key>7</key></Event>'
    )
