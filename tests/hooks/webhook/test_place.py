"""Where the webhook's certificate is kept, as its environment says."""

from pathlib import Path

import pytest

from hooks.place import Place, place_from

ENVIRONMENT = {
    "WEBHOOK_HOST": "vsphere-webhook.vsphere-sources.svc",
    "WEBHOOK_SECRET": "vsphere-sources/vsphere-webhook-certificate",
    "WEBHOOK_CONFIGURATION": "vsphere-sources",
}


@pytest.mark.parametrize(
    ("host", "hosts"),
    [
        pytest.param(ENVIRONMENT["WEBHOOK_HOST"], {ENVIRONMENT["WEBHOOK_HOST"]}, id="a name"),
        pytest.param(
            "10.0.0.7, Webhook.example.com,", {"10.0.0.7", "webhook.example.com"}, id="a list"
        ),
        pytest.param("fd00:0::1", {"fd00::1"}, id="as certificates write it"),
    ],
)
def test_we_keep_a_certificate_for_hosts(host, hosts):
    assert place_from(ENVIRONMENT | {"WEBHOOK_HOST": host}) == Place(
        hosts=frozenset(hosts),
        secret="vsphere-sources/vsphere-webhook-certificate",
        configuration="vsphere-sources",
    )


def test_or_somebody_else_does():
    assert place_from({"WEBHOOK_CERTIFICATE_FOLDER": "/certificate"}) == Path("/certificate")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        pytest.param(
            {"WEBHOOK_HOST": ""},
            "WEBHOOK_HOST is not set: name the host by which the webhook is called.",
            id="no host",
        ),
        pytest.param(
            {"WEBHOOK_HOST": "a.example.com,https://b"},
            "WEBHOOK_HOST names 'https://b': write DNS names or IP addresses, commas between.",
            id="a URL",
        ),
        pytest.param(
            {"WEBHOOK_SECRET": ""},
            "WEBHOOK_SECRET is '': name the Secret as namespace/name.",
            id="no Secret",
        ),
        *(
            pytest.param(
                {"WEBHOOK_SECRET": wrong},
                f"WEBHOOK_SECRET is {wrong!r}: name the Secret as namespace/name.",
                id=wrong,
            )
            for wrong in ("certificate", "/certificate", "vsphere-sources/", "a/b/c")
        ),
        pytest.param(
            {"WEBHOOK_CONFIGURATION": ""},
            "WEBHOOK_CONFIGURATION is not set: name the MutatingWebhookConfiguration.",
            id="no configuration",
        ),
    ],
)
def test_what_is_wrong_is_named(wrong, message):
    with pytest.raises(SystemExit) as stopped:
        place_from(ENVIRONMENT | wrong)

    assert stopped.value.code == message
