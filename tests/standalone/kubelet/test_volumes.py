"""Which files a container sees, and what they hold."""

import pytest

from standalone.kubelet.volumes import MountedFiles, contents, mounted_files

PATH = "/var/files"


def pod(volume):
    mounts = [{"name": "files", "mountPath": PATH}, {"name": "tmp", "mountPath": "/tmp"}]
    volumes = [
        {"name": "files", **volume},
        {"name": "tmp", "emptyDir": {}},
        {"name": "unused", "secret": {"secretName": "other"}},
    ]
    return {"spec": {"containers": [{"volumeMounts": mounts}], "volumes": volumes}}


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        pytest.param(
            {"secret": {"secretName": "s"}},
            MountedFiles(resource="secrets", name="s", path=PATH, optional=False, items=None),
            id="a whole Secret",
        ),
        pytest.param(
            {
                "secret": {
                    "secretName": "s",
                    "optional": True,
                    "items": [{"key": "user", "path": "name"}],
                }
            },
            MountedFiles(
                resource="secrets", name="s", path=PATH, optional=True, items={"user": "name"}
            ),
            id="some keys of a Secret, if it is there",
        ),
        pytest.param(
            {"configMap": {"name": "c"}},
            MountedFiles(resource="configmaps", name="c", path=PATH, optional=False, items=None),
            id="a ConfigMap",
        ),
    ],
)
def test_what_is_mounted_is_known_by_its_volume(volume, expected):
    assert mounted_files(pod(volume)) == [expected]


SECRET = {"kind": "Secret", "data": {"user": "bWU=", "password": "c2VjcmV0"}}
CONFIG = {"kind": "ConfigMap", "data": {"a": "text"}, "binaryData": {"b": "AAE="}}


@pytest.mark.parametrize(
    ("found", "items", "files"),
    [
        pytest.param(SECRET, None, {"user": b"me", "password": b"secret"}, id="Secret"),
        pytest.param(SECRET, {"user": "u", "gone": "g"}, {"u": b"me"}, id="keys that it has"),
        pytest.param(CONFIG, None, {"a": b"text", "b": b"\0\1"}, id="ConfigMap"),
        pytest.param({"kind": "ConfigMap"}, None, {}, id="nothing"),
    ],
)
def test_files_hold_what_the_object_has(found, items, files):
    assert contents(found, items) == files
