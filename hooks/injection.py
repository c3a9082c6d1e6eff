"""What a container needs to reach a vCenter: its address in the environment, credentials as files.

Names and paths are those of the Go project, so that code written for it keeps running.
"""

from .model import Object

VOLUME = "vsphere-binding"
MOUNT_PATH = "/var/bindings/vsphere"


def variable(name: str, value: str) -> Object:
    """Set an environment variable to just *value*; a kubelet would expand `$(NAME)` in it."""
    return {"name": name, "value": value.replace("$", "$$")}


def value_of(variable: Object) -> str:
    """Read a variable as the container sees it; empty if its value comes from elsewhere."""
    return str(variable.get("value", "")).replace("$$", "$")


def address_env(address: str, *, skip_tls_verify: bool) -> list[Object]:
    """Tell a container which vCenter to call, and whether to verify its certificate."""
    return [
        variable("VC_URL", address),
        variable("VC_INSECURE", "true" if skip_tls_verify else "false"),
    ]


def credentials_volume(secret: str) -> Object:
    """Hold `username` and `password` of *secret* and nothing else of it.

    Optional, so that a pod starts without the Secret and its program can say what is missing.
    """
    items = [{"key": key, "path": key} for key in ("username", "password")]
    return {"name": VOLUME, "secret": {"secretName": secret, "items": items, "optional": True}}


def credentials_mount() -> Object:
    """Mount that volume where the client library looks for it."""
    return {"name": VOLUME, "mountPath": MOUNT_PATH, "readOnly": True}
