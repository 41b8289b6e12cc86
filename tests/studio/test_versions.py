"""Versioned files: nobody overwrites what they have not seen; any stored version comes back to the byte."""

import os
import signal
import subprocess
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_prep.errors import InputError
from data_prep.outputs import write_json
from studio.versions import ABSENT, Conflict, Versions


def test_writes_need_the_current_version(tmp_path):
    versions, file = Versions(), tmp_path / "a.json"
    assert versions.current(file) == ABSENT
    first = versions.write(file, lambda: write_json(file, 1), if_match=ABSENT)
    for wrong in (ABSENT, "0" * 24, ""):
        with pytest.raises(Conflict, match=r"a\.json was changed elsewhere"):
            versions.write(file, lambda: write_json(file, 2), if_match=wrong)
    with pytest.raises(InputError):
        versions.write(file, lambda: write_json(file, 2), if_match=None)
    assert file.read_text() == "1\n"
    assert versions.write(file, lambda: write_json(file, 2), if_match=f'"{first}"') != first


def test_an_editor_in_between_is_noticed(tmp_path):
    versions, file = Versions(), tmp_path / "a.json"
    first = versions.write(file, lambda: write_json(file, 1), if_match=ABSENT)
    file.write_text("edited")
    with pytest.raises(Conflict):
        versions.write(file, lambda: write_json(file, 2), if_match=first)
    with pytest.raises(Conflict):
        versions.restore(file, ABSENT, if_match=first)
    assert file.read_text() == "edited"


def test_a_failed_write_changes_nothing(tmp_path):
    versions, file = Versions(), tmp_path / "a.json"
    file.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError):
        versions.write(file, lambda: 1 / 0, if_match=versions.current(file))
    assert file.read_bytes() == b"old"


@settings(max_examples=50, deadline=None)
@given(contents=st.lists(st.binary(max_size=20), min_size=1, max_size=8))
def test_every_step_back_restores_the_bytes(tmp_path_factory, contents):
    file = tmp_path_factory.mktemp("versions") / "a"
    versions, steps = Versions(), [(ABSENT, None)]
    for data in contents:
        version = versions.write(file, lambda data=data: file.write_bytes(data), if_match=steps[-1][0])
        steps.append((version, data))
    for (current, _), (version, data) in zip(steps[:0:-1], steps[-2::-1], strict=True):
        assert versions.restore(file, version, if_match=current) == version
        assert (file.read_bytes() if file.exists() else None) == data


def test_only_one_of_many_writers_wins(tmp_path):
    versions, file = Versions(), tmp_path / "a"
    results = []

    def write(number):
        try:
            versions.write(file, lambda: file.write_text(str(number)), if_match=ABSENT)
            results.append(number)
        except Conflict:
            pass

    threads = [threading.Thread(target=write, args=[n]) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 1
    assert file.read_text() == str(results[0])


def test_old_versions_are_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr("studio.versions.STORED", 3)
    versions, file = Versions(), tmp_path / "a"
    steps = [ABSENT]
    for number in range(6):
        steps.append(versions.write(file, lambda n=number: file.write_text(str(n)), if_match=steps[-1]))
    with pytest.raises(InputError, match="can no longer be undone"):
        versions.restore(file, steps[1], if_match=steps[-1])
    assert versions.restore(file, steps[-2], if_match=steps[-1]) == steps[-2]


@pytest.mark.parametrize("delay_ms", [0, 3, 9])
def test_a_kill_while_saving_leaves_the_old_or_the_new_file(tmp_path, delay_ms):
    """Writers of whole files in a loop, killed without warning: what is on disk was written."""
    from data_prep.pages.adjustments import Adjustment, read_adjustments, write_adjustments

    file = tmp_path / "adjustments.json"
    write_adjustments(file, {"01.png": Adjustment((0.0, 0.0))})
    program = """
import sys
from pathlib import Path
from data_prep.pages.adjustments import Adjustment, write_adjustments
from studio.versions import Versions
file, versions = Path(sys.argv[1]), Versions()
version = versions.current(file)
print("ready", flush=True)
for step in range(1, 100_000):
    centers = tuple((float(step), float(i)) for i in range(500))
    entry = {"01.png": Adjustment((step / 8, 0.0), centers)}
    version = versions.write(file, lambda: write_adjustments(file, entry), if_match=version)
"""
    child = subprocess.Popen([sys.executable, "-c", program, str(file)], stdout=subprocess.PIPE)
    child.stdout.readline()
    threading.Event().wait(delay_ms / 1000)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    found = read_adjustments(file, ["01.png"])["01.png"]
    step = found.offset_cell[0] * 8
    assert step == int(step)
    expected = None if step == 0 else tuple((step, float(i)) for i in range(500))
    assert found.centers_px == expected


def test_each_file_has_its_own_versions(tmp_path, monkeypatch):
    monkeypatch.setattr("studio.versions.STORED", 2)
    versions, files = Versions(), [tmp_path / name for name in "ab"]
    first = versions.write(files[0], lambda: files[0].write_text("1"), if_match=ABSENT)
    second = versions.write(files[0], lambda: files[0].write_text("2"), if_match=first)
    for number in range(4):
        current = versions.current(files[1])
        versions.write(files[1], lambda n=number: files[1].write_text(str(n)), if_match=current)
    assert versions.restore(files[0], first, if_match=second) == first


def test_two_hundred_steps_of_a_large_file_can_be_undone(tmp_path):
    versions, file = Versions(), tmp_path / "a.json"
    steps = [ABSENT]
    for number in range(200):
        text = f"[{number}, 410.5, 388.25]\n" * 20_000
        steps.append(versions.write(file, lambda t=text: file.write_text(t), if_match=steps[-1]))
    assert versions.restore(file, steps[1], if_match=steps[-1]) == steps[1]


def test_paths_that_are_not_inside_are_neither_read_nor_written(tmp_path):
    def refuse(path):
        raise LookupError(path.name)

    versions, file = Versions(inside=refuse), tmp_path / "a"
    for call in (
        lambda: versions.current(file),
        lambda: versions.write(file, lambda: file.write_text("x"), if_match=ABSENT),
        lambda: versions.restore(file, ABSENT, if_match=ABSENT),
    ):
        with pytest.raises(LookupError):
            call()
    assert not file.exists()
