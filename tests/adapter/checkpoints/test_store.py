"""The checkpoint in a file."""

import os

import pytest

from adapter.checkpoints.store import FileStore, StoreError


def test_no_file_is_no_checkpoint(tmp_path):
    assert FileStore(tmp_path / "checkpoint.json").load() is None


def test_what_was_saved_last_is_loaded(tmp_path):
    FileStore(tmp_path / "checkpoint.json").save("a longer first one")
    FileStore(tmp_path / "checkpoint.json").save("zweites ✓")

    assert FileStore(tmp_path / "checkpoint.json").load() == "zweites ✓"
    assert list(tmp_path.iterdir()) == [tmp_path / "checkpoint.json"]


def test_what_is_not_text_is_loaded_as_something_unreadable(tmp_path):
    path = tmp_path / "checkpoint.json"
    path.write_bytes(b"\xff\xfe{}")

    assert FileStore(path).load() == "\ufffd\ufffd{}"


def test_a_save_that_fails_halfway_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    store = FileStore(tmp_path / "checkpoint.json")
    store.save("old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError):
        store.save("new")

    assert store.load() == "old"
    assert list(tmp_path.iterdir()) == [tmp_path / "checkpoint.json"]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    path = tmp_path / "gone" / "checkpoint.json"

    with pytest.raises(StoreError) as caught:
        FileStore(path).save("x")

    assert str(caught.value) == (
        f"The checkpoint file {path} cannot be written: No such file or directory. "
        "Delivery goes on, but a restart will begin at the last one that was written, if any."
    )


def test_a_folder_in_the_files_place_is_named(tmp_path):
    store = FileStore(tmp_path)

    with pytest.raises(StoreError) as caught:
        store.load()

    assert str(caught.value) == f"The checkpoint file {tmp_path} cannot be read: Is a directory."
    with pytest.raises(StoreError, match=f"^The checkpoint file {tmp_path} cannot be written: "):
        store.save("x")
