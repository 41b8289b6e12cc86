"""Output folders: ours or nobody's; files: whole or not at all."""

import json
import os

import pytest

from data_prep import outputs
from data_prep.errors import InputError
from data_prep.outputs import check_claim, check_place, claim, mark_done, replacing, work, write_json
from data_prep.progress import Failures


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    with replacing(tmp_path / "new" / "a.txt") as partial:
        partial.write_text("whole")
        assert partial.suffix == ".txt"
        assert not (tmp_path / "new" / "a.txt").exists()
    with pytest.raises(IsADirectoryError), replacing(tmp_path / "new" / "a.txt") as partial:
        partial.write_text("half") and tmp_path.read_text()
    assert [path.read_text() for path in (tmp_path / "new").iterdir()] == ["whole"]


def test_claims(tmp_path):
    folder = tmp_path / "out"
    first = {"command": "data-prep blob", "settings": {"seed": 0, "size": (1, 2)}}
    assert claim(folder, **first) == "new"
    assert claim(folder, **first) == "continue"
    mark_done(folder)
    assert claim(folder, **first) == "done"
    with pytest.raises(InputError, match="seed: 0 there, 1 requested"):
        claim(folder, command="data-prep blob", settings={"seed": 1, "size": (1, 2)})
    with pytest.raises(InputError, match="inkloop data-prep blob"):
        claim(folder, command="fill blob", settings={})
    write_json(folder / "sub" / "a.json", [1])
    assert claim(folder, command="fill blob", settings={}, overwrite=True) == "new"
    assert [path.name for path in folder.iterdir()] == [".inkloop.json"]


def test_a_kill_while_the_first_stamp_is_written_does_not_lock_the_folder(tmp_path):
    (tmp_path / ".partial-.inkloop.json").write_text('{"schema": 1, "comm')
    assert claim(tmp_path, command="x", settings={}) == "new"
    assert [path.name for path in tmp_path.iterdir()] == [".inkloop.json"]


@pytest.mark.parametrize("settings", [{"seed": 0}, {"seed": 1}])
def test_a_kill_during_overwrite_leaves_unfinished_work(tmp_path, monkeypatch, settings):
    claim(tmp_path, command="x", settings={"seed": 0})
    write_json(tmp_path / "sub" / "a.json", [1])
    mark_done(tmp_path)
    with monkeypatch.context() as patch:

        def killed(path):
            raise KeyboardInterrupt

        patch.setattr(outputs.shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            claim(tmp_path, command="x", settings=settings, overwrite=True)
    assert (tmp_path / "sub" / "a.json").exists()
    assert claim(tmp_path, command="x", settings={"seed": 0}) == "continue"
    with pytest.raises(InputError, match="seed: 0 there, 2 requested"):
        claim(tmp_path, command="x", settings={"seed": 2})  # what is left is not of new settings
    assert claim(tmp_path, command="x", settings={"seed": 1}, overwrite=True) == "new"


def test_overwrite_preserves_edited_files_with_a_warning(tmp_path, capsys):
    claim(tmp_path, command="x", settings={"seed": 0})
    write_json(tmp_path / "adjustments.json", {"mine": 1})
    write_json(tmp_path / "01.json", [])
    assert claim(tmp_path, command="x", settings={"seed": 1}, overwrite=True) == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".inkloop.json", "adjustments.json"]
    assert f"{tmp_path / 'adjustments.json'} was not deleted" in capsys.readouterr().err
    assert claim(tmp_path, command="x", settings={"seed": 1}) == "continue"


def test_a_check_answers_as_a_claim_and_writes_nothing(tmp_path):
    folder, first = tmp_path / "out", {"command": "x", "settings": {"size": (1, 2)}}
    assert check_claim(folder, **first) == "new"
    assert not folder.exists()
    claim(folder, **first)
    assert check_claim(folder, **first) == "continue"
    mark_done(folder)
    assert check_claim(folder, **first) == "done"
    write_json(folder / "a.json", [])
    with pytest.raises(InputError, match="inkloop x"):
        check_claim(folder, command="y", settings={})
    assert check_claim(folder, command="y", settings={}, overwrite=True) == "new"
    assert (folder / "a.json").exists()


def test_work_is_done_only_where_the_block_succeeds(tmp_path):
    out, of = tmp_path / "out", {"command": "x", "settings": {"seed": 0}}
    failures = Failures()
    with work(out, **of, failures=failures) as state:
        assert state == "new"
        failures("01.png", "damaged")
        (out / "02.txt").write_text("whole")
    with pytest.raises(ZeroDivisionError), work(out, **of):
        raise ZeroDivisionError
    with work(out, **of, failures=Failures()) as state:
        assert state == "continue"
    with work(out, **of) as state:
        assert state == "done"
    with work(out, **of, overwrite=True) as state:
        assert state == "new"
        assert not (out / "02.txt").exists()
        assert check_claim(out, **of) == "continue"


def test_no_source_of_work_is_deleted(tmp_path):
    with work(tmp_path / "out", command="x", settings={}):
        (tmp_path / "out" / "a.txt").write_text("result")
    for source in (tmp_path / "out" / "a.txt", (tmp_path, tmp_path / "out" / "a.txt")):
        with (
            pytest.raises(InputError, match="--overwrite would delete"),
            work(tmp_path / "out", command="y", settings={}, source=source, overwrite=True),
        ):
            raise AssertionError("the block ran")
    assert (tmp_path / "out" / "a.txt").exists()


@pytest.mark.parametrize("overwrite", [False, True])
def test_folders_of_others_are_left_alone(tmp_path, overwrite):
    (tmp_path / "a.txt").write_text("mine")
    with pytest.raises(InputError, match="did not write"):
        claim(tmp_path, command="x", settings={}, overwrite=overwrite)
    with pytest.raises(InputError, match="is a file"):
        claim(tmp_path / "a.txt", command="x", settings={}, overwrite=overwrite)
    assert (tmp_path / "a.txt").read_text() == "mine"


def test_places_that_cannot_be_written_are_reported(tmp_path, monkeypatch):
    (tmp_path / "notes").write_text("my notes")
    check_place(tmp_path / "new" / "deep" / "a.mp4")
    for below in ("a.mp4", "deep/a.mp4"):
        with pytest.raises(InputError, match=r"--save-path .*a\.mp4: .*notes is a file"):
            check_place(tmp_path / "notes" / below, flag="--save-path")
    monkeypatch.setattr("os.access", lambda folder, mode: False)
    with pytest.raises(InputError, match=f"--out .*: {tmp_path} is not writable"):
        check_place(tmp_path / "new" / "a.mp4")


@pytest.mark.parametrize("name", ["n" * 251 + ".png", "n" * 255, "a." + "n" * 253, "\u7d19" * 83 + ".tif"])
def test_the_longest_names_can_be_written(tmp_path, name):
    for content in ("first", "second"):
        with replacing(tmp_path / name) as partial:
            partial.write_text(content)
            assert partial.suffix == (tmp_path / name).suffix or len((tmp_path / name).suffix) > 15
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "second"


def test_names_that_are_too_long_are_cut_and_stay_different():
    stems = ["n" * 300, "n" * 299 + "m", "\u7d19" * 90, "short"]
    names = [outputs.fit_name(stem, "_t00001.png") for stem in stems]
    assert len(set(names)) == 4
    assert all(len(os.fsencode(name)) <= 255 for name in names)
    assert all(name.endswith("_t00001.png") for name in names)
    assert names[-1] == "short_t00001.png"
    assert names == [outputs.fit_name(stem, "_t00001.png") for stem in stems]


def test_json_of_names_that_are_not_utf8(tmp_path):
    value = {os.fsdecode(b"\xfc\xff"): ["\u00e4", "\u7d19", "\\udcfc"]}
    write_json(tmp_path / "a.json", value)
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads(text) == value
    assert "\u00e4" in text  # other characters as they are
