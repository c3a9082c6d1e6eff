"""User name and password, as a mounted Secret holds them."""

import itertools
import os
import shutil
import threading

import pytest

from vsphere import Credentials, CredentialsError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "username").write_text("administrator@vsphere.local")
    (tmp_path / "password").write_text("hunter2")
    return tmp_path


@pytest.mark.parametrize(
    ("content", "password"),
    [
        pytest.param(b"hunter2", "hunter2", id="as it is"),
        pytest.param(b"hunter2\n", "hunter2", id="with a trailing newline"),
        pytest.param(b"hunter2\r\n\n", "hunter2", id="with some"),
        pytest.param(b" hunter2 \t\n", " hunter2 \t", id="spaces belong to it"),
        pytest.param(b"hun\nter2", "hun\nter2", id="so does a newline within"),
        pytest.param("pä$$wörd 😀".encode(), "pä$$wörd 😀", id="any characters"),
    ],
)
def test_the_files_hold_user_name_and_password(folder, content, password):
    (folder / "password").write_bytes(content)

    assert Credentials.read(folder) == Credentials(
        username="administrator@vsphere.local", password=password
    )


def test_their_repr_keeps_the_password_to_itself(folder):
    assert repr(Credentials.read(folder)) == "Credentials(username='administrator@vsphere.local')"


@pytest.mark.parametrize("name", ["username", "password"])
def test_a_variable_that_is_not_utf_8_is_named_and_not_shown(tmp_path, name):
    variables = VARIABLES | {f"VC_{name.upper()}": b"hunter4\xff".decode(errors="surrogateescape")}

    with pytest.raises(CredentialsError) as caught:
        Credentials.find({"VC_SECRET_PATH": str(tmp_path), **variables})

    assert (caught.value.reason, str(caught.value)) == (
        "KeyMissing",
        f"The {name} is not UTF-8 text: correct VC_{name.upper()}, or what is given.",
    )


def failure(folder):
    with pytest.raises(CredentialsError) as caught:
        Credentials.read(folder)
    return caught.value.reason, str(caught.value)


@pytest.mark.parametrize("there", [True, False])
def test_without_any_file_the_secret_is_missing(tmp_path, there):
    folder = tmp_path if there else tmp_path / "gone"

    reason, message = failure(folder)

    assert reason == "SecretMissing"
    assert message == (
        f"{folder} holds neither username nor password: create the Secret that secretRef names, "
        "with these two keys."
    )


VARIABLES = {"VC_USERNAME": "root", "VC_PASSWORD": "hunter3"}


def test_the_mounted_files_are_found_before_the_variables(folder):
    found = Credentials.find({"VC_SECRET_PATH": str(folder), **VARIABLES})

    assert found == Credentials(username="administrator@vsphere.local", password="hunter2")


def test_without_files_the_variables_are_found(tmp_path):
    found = Credentials.find({"VC_SECRET_PATH": str(tmp_path), **VARIABLES})

    assert found == Credentials(username="root", password="hunter3")


def test_without_a_path_the_default_mount_is_looked_at():
    with pytest.raises(CredentialsError, match=r"^/var/bindings/vsphere holds neither username"):
        Credentials.find({})


@pytest.mark.parametrize(
    ("variables", "missing"),
    [
        pytest.param({}, "VC_USERNAME and VC_PASSWORD are not set", id="neither"),
        pytest.param({"VC_USERNAME": "root"}, "VC_PASSWORD is not set", id="no password"),
        pytest.param({"VC_USERNAME": "", "VC_PASSWORD": "x"}, "VC_USERNAME is not set", id="empty"),
    ],
)
def test_variables_that_are_not_set_are_named(tmp_path, variables, missing):
    with pytest.raises(CredentialsError) as caught:
        Credentials.find({"VC_SECRET_PATH": str(tmp_path), **variables})

    assert caught.value.reason == "SecretMissing"
    assert str(caught.value) == (
        f"{tmp_path} holds neither username nor password, and {missing}: "
        "bind this workload with a VSphereBinding, or set them."
    )


def test_half_a_secret_is_no_reason_to_use_the_variables(folder):
    (folder / "password").unlink()

    with pytest.raises(CredentialsError) as caught:
        Credentials.find({"VC_SECRET_PATH": str(folder), **VARIABLES})

    assert caught.value.reason == "KeyMissing"


@pytest.mark.parametrize("key", ["username", "password"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(None, "{path} is missing: the Secret needs the key {key!r}.", id="missing"),
        pytest.param(b"", "{path} is empty: give the Secret's key {key!r} a value.", id="empty"),
        pytest.param(
            b"\n", "{path} is empty: give the Secret's key {key!r} a value.", id="only a newline"
        ),
        pytest.param(
            b"hunter2\xff",
            "{path} cannot be read: it is not UTF-8 text. Make it readable for this process.",
            id="not UTF-8",
        ),
    ],
)
def test_a_key_that_does_not_serve_is_named(folder, key, content, message):
    (folder / key).unlink()
    if content is not None:
        (folder / key).write_bytes(content)

    assert failure(folder) == ("KeyMissing", message.format(path=folder / key, key=key))


def test_a_folder_in_a_keys_place_is_named(folder):
    (folder / "password").unlink()
    (folder / "password").mkdir()

    assert failure(folder) == (
        "KeyMissing",
        f"{folder / 'password'} cannot be read: Is a directory. Make it readable for this process.",
    )


class Mount:
    """A Secret as the kubelet mounts it: files behind a link that it swaps as one."""

    def __init__(self, folder):
        self.folder = folder
        self.versions = []
        for key in ("username", "password"):
            (folder / key).symlink_to(f"..data/{key}")

    def add(self, username, password):
        """Write the next version, which nobody sees yet."""
        version = self.folder / f"..version-{len(self.versions)}"
        version.mkdir()
        (version / "username").write_text(username)
        (version / "password").write_text(password)
        self.versions.append(version)

    def swap(self):
        """Put the last version that was written into the place of the one before."""
        (self.folder / "..data_tmp").symlink_to(self.versions[-1].name)
        (self.folder / "..data_tmp").replace(self.folder / "..data")

    def delete_the_version_before(self):
        shutil.rmtree(self.versions[-2])


@pytest.fixture
def mount(tmp_path):
    return Mount(tmp_path)


@pytest.mark.parametrize(
    ("deleted", "expected"),
    [
        pytest.param(False, ("old user", "old password"), id="the version before is still there"),
        pytest.param(True, ("new user", "new password"), id="the version before is gone"),
    ],
)
def test_a_secret_that_changes_between_the_two_files_is_not_mixed(mount, deleted, expected):
    mount.add("old user", "old password")
    mount.swap()
    username = mount.versions[0] / "username"
    username.unlink()
    os.mkfifo(username)  # whoever reads it waits

    def change():
        with username.open("w") as pipe:
            mount.add("new user", "new password")
            mount.swap()
            if deleted:
                mount.delete_the_version_before()
            pipe.write("old user")

    changing = threading.Thread(target=change)
    changing.start()
    read = Credentials.read(mount.folder)
    changing.join()

    assert (read.username, read.password) == expected


def test_a_secret_that_changes_all_the_time_is_never_mixed(mount):
    mount.add("0", "0")
    mount.swap()
    enough = threading.Event()

    def change():
        for number in itertools.count(1):
            mount.add(str(number), str(number))
            mount.swap()
            mount.delete_the_version_before()
            if enough.is_set():
                return

    changing = threading.Thread(target=change)
    changing.start()
    read = [Credentials.read(mount.folder) for _ in range(500)]
    enough.set()
    changing.join()

    assert [pair for pair in read if pair.username != pair.password] == []
    assert len({pair.username for pair in read}) > 1


def test_messages_name_the_files_where_they_are_mounted(mount):
    mount.add("root", "")
    mount.swap()

    assert failure(mount.folder) == (
        "KeyMissing",
        f"{mount.folder}/password is empty: give the Secret's key 'password' a value.",
    )
