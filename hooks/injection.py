"""What a container needs to reach a vCenter: its address in the environment, credentials as files.

Names and paths are those of the Go project, so that code written for it keeps running.
"""

from .model import Object

VOLUME = "vsphere-binding"
MOUNT_PATH = "/var/bindings/vsphere"


def address_env(address: str, *, skip_tls_verify: bool) -> list[Object]:
    """Tell a container which vCenter to call, and whether to verify its certificate."""
    return [
        {"name": "VC_URL", "value": address},
        {"name": "VC_INSECURE", "value": "true" if skip_tls_verify else "false"},
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
