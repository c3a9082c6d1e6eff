"""User name and password, as a mounted Secret holds them."""

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
