"""How a manifest of either kind may name a vCenter and its Secret, and how it may not."""

import pytest

ADDRESS = "must be an http or https URL with a host, like https://vcenter.example.com"
USER_INFO = 'must not contain "@": user and password belong in the Secret that secretRef names'
SECRET = (
    'must be the name of a Secret, lower-case letters, digits, "-" and ".",'
    " like vsphere-credentials"
)


REFUSED = [
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
            ("brackets without IPv6", "https://[vcenter]", ADDRESS),
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
