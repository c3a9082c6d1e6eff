"""An event as XML data: its class as root element, vSphere's element names, no namespaces."""

from lxml import etree


def write(element: etree._Element, class_name: str) -> bytes:
    """Serialise an event of a page; `xsi:type` stays inside. The *element* itself is renamed.

    A class whose name can be none of an element stays in its `xsi:type`.
    """
    try:
        element.tag = class_name
        element.attrib.clear()
    except ValueError:
        element.tag = "Event"
    return etree.tostring(element, with_tail=False)
