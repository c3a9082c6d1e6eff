"""An event as XML data: its class as root element, vSphere's element names, no namespaces."""

from lxml import etree

from .wire import PRIMITIVES, XSD, XSI, local_name, set_type, type_of


def write(element: etree._Element, class_name: str) -> bytes:
    """Serialise an event; `xsi:type` stays where vSphere wrote one. *element* is consumed."""
    root = etree.Element(class_name, nsmap={"xsi": XSI, "xsd": XSD})
    root.extend(list(element))
    for child in root.iterdescendants():
        kind = type_of(child)
        if kind is not None:
            # Its prefix was declared further out, or is not the one declared here.
            set_type(child, f"xsd:{kind}" if kind in PRIMITIVES else kind)
        if "}" in str(child.tag):
            child.tag = local_name(child)
    etree.cleanup_namespaces(root, keep_ns_prefixes=["xsi", "xsd"])
    return etree.tostring(root)
