"""From vCenter's answers to events in plain XML."""

import pytest
from lxml import etree

from adapter.events import page

XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"


@pytest.mark.parametrize(
    ("event", "plain"),
    [
        pytest.param(
            '<returnval xsi:type="EventEx"><key>7</key><x xsi:type="xsd:int">1</x></returnval>',
            '<returnval xsi:type="EventEx"><key>7</key><x xsi:type="xsd:int">1</x></returnval>',
            id="that is plain already",
        ),
        pytest.param(
            f'<returnval xmlns:XMLSchema-instance="{XSI}" XMLSchema-instance:type="EventEx">'
            f'<x xmlns:_XMLSchema="{XSD}" XMLSchema-instance:type="_XMLSchema:string">1</x>'
            "</returnval>",
            '<returnval xsi:type="EventEx"><x xsi:type="xsd:string">1</x></returnval>',
            id="with other prefixes, declared again and again",
        ),
        pytest.param(
            '<v:returnval xmlns:v="urn:vim25" xsi:type="v:EventEx">'
            '<v:x xsi:type="v:KeyValue"><v:key>k</v:key></v:x></v:returnval>',
            '<returnval xsi:type="EventEx"><x xsi:type="KeyValue"><key>k</key></x></returnval>',
            id="with a prefix for vSphere's own namespace",
        ),
        pytest.param(
            '<returnval xsi:type="EventEx"><x xmlns="urn:other" xsi:type="Other"><y z="1"/></x>'
            "</returnval>",
            '<returnval xsi:type="EventEx"><x xsi:type="Other"><y z="1"/></x></returnval>',
            id="with a namespace of somebody else's",
        ),
    ],
)
def test_an_event_has_no_namespaces_and_only_the_usual_prefixes(make_page, event, plain):
    [element] = page.elements(make_page(event))

    whole = plain.replace("<returnval", f'<returnval xmlns:xsi="{XSI}" xmlns:xsd="{XSD}"', 1)
    assert etree.tostring(element).decode() == whole
