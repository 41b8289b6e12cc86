"""Whatever a path is, it is opened, or named with the reason."""

import os
from pathlib import Path

import pytest

from data_prep.errors import InputError
from data_prep.inputs import entries, is_file, is_folder, open_file


@pytest.fixture
def paths(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "folder_link").symlink_to("folder")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


def test_files_and_links_to_them_are_opened(paths):
    for name in ("file", "link"):
        with open_file(paths / name) as file:
            assert file.read() == b"content"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("folder", "is a folder"),
        ("folder_link", "is a folder"),
        ("dangling", "a link to a file that does not exist"),
        ("loop", "a link to a file that does not exist"),
        ("pipe", "not a file"),
        ("missing", "no such file"),
        ("file/inner", "cannot be read"),
        ("n" * 300, "cannot be read"),
    ],
)
def test_what_cannot_be_opened_is_named(paths, name, reason):
    with pytest.raises(InputError, match=reason) as caught:
        open_file(paths / name)
    assert str(paths / name) in str(caught.value)


def test_kinds_of_paths(paths):
    assert {path.name for path in paths.iterdir() if is_file(path)} == {"file", "link"}
    assert {path.name for path in paths.iterdir() if is_folder(path)} == {"folder"}


def test_a_path_that_cannot_be_inspected_is_neither(paths, monkeypatch):
    def refuse(*args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "stat", refuse)
    assert not is_file(paths / "file")
    assert not is_folder(paths / "folder")
    with pytest.raises(InputError, match="Permission denied"):
        open_file(paths / "file")


def test_entries_are_listed_without_hidden_ones(paths, monkeypatch):
    (paths / ".hidden").touch()
    names = {path.name for path in entries(paths)}
    assert "file" in names
    assert ".hidden" not in names

    def refuse(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(InputError, match=r"cannot be read \(Permission denied\)"):
        entries(paths)
