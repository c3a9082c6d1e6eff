"""How a manifest of either kind may name a vCenter and its Secret, and how it may not."""

import pytest

ADDRESS = "must be an http or https URL with a host, like https://vcenter.example.com"
IPV6 = "must have an IPv6 address in hexadecimal between the brackets, like https://[2001:db8::1]"
LABELS = "must have 1 to 63 characters in each part of the host's name, between the dots"
USER_INFO = 'must not contain "@": user and password belong in the Secret that secretRef names'
SECRET = (
    'must be the name of a Secret, lower-case letters, digits, "-" and ".",'
    " like vsphere-credentials"
)


ADDRESSES = {
    "IPv6": "http://[2001:db8::1]:8443/sdk",
    "all groups of IPv6": "http://[1:2:3:4:5:6:7:abcd]",
    "no group of IPv6": "http://[::]",
    "last group of IPv6": "http://[::1]/",
    "seven groups of IPv6 in front": "http://[1:2:3:4:5:6:7::]",
    "seven groups of IPv6 behind": "http://[::2:3:4:5:6:7:8]",
    "longest label": f"http://{'a' * 63}.b.c",
    "dot at the end": "http://vc.example.com.:443/sdk",
    "dots and brackets behind the host": f"http://vc/a..b/{'c' * 64}/[12]",
}
"""Case -> how any field may name a host."""

NO_ADDRESSES = {
    "IPv4 in brackets": ("http://[10.0.0.1]/", IPV6),
    "IPv6 that ends as IPv4": ("http://[::ffff:10.0.0.1]", IPV6),
    "number in brackets": ("http://[12]/", IPV6),
    "name in brackets": ("https://[vcenter]", IPV6),
    "empty brackets": ("http://[]", IPV6),
    "only colons": ("http://[::::]/", IPV6),
    "three colons": ("http://[1:::2]", IPV6),
    "groups left out twice": ("http://[1::2::3]", IPV6),
    "group of five digits": ("http://[12345::]", IPV6),
    "seven groups": ("http://[1:2:3:4:5:6:7]", IPV6),
    "nine groups": ("http://[1:2:3:4:5:6:7:8:9]", IPV6),
    "eight groups and others left out": ("http://[1:2:3:4::5:6:7:8]", IPV6),
    "zone": ("http://[fe80::1%25eth0]", IPV6),
    "two dots": ("http://vc..example.com/", LABELS),
    "two dots at the end": ("http://vc..", LABELS),
    "label too long": (f"http://{'a' * 64}.example.com", LABELS),
    "last label too long": (f"http://vc.{'a' * 64}:443/", LABELS),
}
"""Case -> how no field may name a host, and what is said to it."""

ADMITTED = [
    pytest.param({"spec.address": address}, id=f"address: {case}")
    for case, address in ADDRESSES.items()
]
REFUSED = [
    *(
        pytest.param({"spec.address": address}, [f"spec.address: {problem}"], id=f"address: {case}")
        for case, (address, problem) in NO_ADDRESSES.items()
    ),
    *(
        pytest.param({"spec.address": address}, [f"spec.address: {problem}"], id=f"address: {case}")
        for case, address, problem in (
            ("no scheme", "vcenter.local", ADDRESS),
            ("no scheme but a port", "vcenter.local:443/sdk", ADDRESS),
            ("ftp", "ftp://vcenter.local", ADDRESS),
            ("nothing but a scheme", "https://", ADDRESS),
            ("only a port", "https://:443", ADDRESS),
            ("only a path", "http:///sdk", ADDRESS),
            ("port in letters", "https://vc:port", ADDRESS),
            ("port too high", "https://vc:65536", ADDRESS),
            ("blank in the host", "https://vcenter local", ADDRESS),
            ("blank in the path", "https://vcenter.local/a b", ADDRESS),
            ("line break", "https://vcenter.local\n", ADDRESS),
            ("blank in front", " https://vcenter.local", ADDRESS),
            ("bracket that does not close", "https://[::1/", ADDRESS),
            ("line break in brackets", "https://[::1\n]", IPV6),
            ("user and password", "https://root:secret@vcenter.local", USER_INFO),
            ("user", "https://root@vcenter.local", USER_INFO),
            ("password with a slash", "https://root:1/2@vcenter.local", USER_INFO),
        )
    ),
    *(
        pytest.param(
            {"spec.secretRef.name": name}, [f"spec.secretRef.name: {SECRET}"], id=f"Secret: {name}"
        )
        for name in ("", "-a", "a-", "a..b", "Credentials", "a_b", "a/b", "ä")
    ),
]
