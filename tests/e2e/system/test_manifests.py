"""What is installed here is what ships."""

import copy
import urllib.parse

CONTROLLERS = {"CompositeController", "DecoratorController"}
WEBHOOK_URL = "https://127.0.0.1:18443/admission/workload"


def at_home(item, hooks_url):
    """A shipped object, with the URLs of this machine."""
    moved = copy.deepcopy(item)
    if item["kind"] in CONTROLLERS:
        for hook in moved["spec"]["hooks"].values():
            parts = urllib.parse.urlsplit(hook["webhook"]["url"])
            hook["webhook"]["url"] = f"{hooks_url}{parts.path}?{parts.query}"
    if item["kind"] == "MutatingWebhookConfiguration":
        for webhook in moved["webhooks"]:
            webhook["clientConfig"] = {"url": WEBHOOK_URL}
    if (item["kind"], item["metadata"]["name"]) == ("Deployment", "vsphere-webhook"):
        [container] = moved["spec"]["template"]["spec"]["containers"]
        [host] = [variable for variable in container["env"] if variable["name"] == "WEBHOOK_HOST"]
        host["value"] = "127.0.0.1"
    return moved


def test_what_is_installed_here_ships_but_for_where_hooks_and_webhook_are(manifests, hooks_url):
    assert CONTROLLERS & {item["kind"] for item in manifests.shipped}
    assert manifests.applied == [at_home(item, hooks_url) for item in manifests.shipped]
