"""A file out of an archive: as tarfile wrote it, and of any other archive one line and little memory."""

import gzip
import io
import tarfile
import tracemalloc

import numpy as np
import pytest

from gan.imports import archives
from gan.imports.archives import read_member

CONTENT = np.random.default_rng(0).bytes(3000)


def tar(mode: str, form: int, entries: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode, format=form) as archive:
        for name, data in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_the_file_as_it_was_packed(tmp_path, mode, form):
    """Whatever lies before and behind it; its folder's name may be long."""
    entries = {"pack/readme": b"x" * 700, f"pack/{'deep' * 20}/weights": CONTENT, "pack/weights.txt": b"no"}
    (tmp_path / "a").write_bytes(tar(mode, form, entries))
    assert read_member(tmp_path / "a", "weights", most_bytes=3000) == CONTENT
    with pytest.raises(ValueError, match="weights has more than"):
        read_member(tmp_path / "a", "weights", most_bytes=2999)
    with pytest.raises(ValueError, match="no other in it"):
        read_member(tmp_path / "a", "other", most_bytes=2999)


def test_what_is_no_archive_is_the_file(tmp_path):
    (tmp_path / "weights").write_bytes(CONTENT)
    assert read_member(tmp_path / "weights", "weights", most_bytes=3000) == CONTENT
    with pytest.raises(ValueError, match="more than"):
        read_member(tmp_path / "weights", "weights", most_bytes=2999)


@pytest.mark.parametrize("name", ["x" * 12_000_000, "weights.txt"], ids=["a long name", "another file"])
def test_bombs_end_at_a_limit_and_are_not_held(tmp_path, monkeypatch, name):
    """12 MB in a file of 30 KB."""
    monkeypatch.setattr(archives, "MOST_UNPACKED", 10_000_000)
    entries = {name: bytes(12_000_000), "weights": CONTENT}
    packed = gzip.compress(tar("w", tarfile.GNU_FORMAT, entries), compresslevel=1)
    (tmp_path / "a").write_bytes(packed)
    tracemalloc.start()
    with pytest.raises(ValueError, match="unpacks to more than 10 MB"):
        read_member(tmp_path / "a", "weights", most_bytes=3000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1e6


def test_sizes_are_held_against_the_bytes_there_are(tmp_path):
    """A header of a file as large as allowed, and nothing behind it."""
    whole = tar("w", tarfile.USTAR_FORMAT, {"weights": CONTENT})
    (tmp_path / "a").write_bytes(whole[:2000])
    with pytest.raises(ValueError, match="truncated"):
        read_member(tmp_path / "a", "weights", most_bytes=3000)
    (tmp_path / "a").write_bytes(whole[:100].replace(b"weights", b"weighty") + whole[100:])
    with pytest.raises(ValueError, match="checksum"):
        read_member(tmp_path / "a", "weights", most_bytes=3000)


def test_flipped_and_cut_archives_are_refused_or_change_nothing(tmp_path):
    """Also where the flip is in the compressed stream: gzip's checksum is asked, behind the file too."""
    entries = {"pack/readme": b"x" * 700, "pack/weights": CONTENT, "pack/notes": b"y" * 700}
    whole = tar("w:gz", tarfile.PAX_FORMAT, entries)
    rng, refusals = np.random.default_rng(1), []
    for place in rng.integers(2, len(whole), 300):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << int(rng.integers(8))
        (tmp_path / "a").write_bytes(flipped)
        try:
            assert read_member(tmp_path / "a", "weights", most_bytes=3000) == CONTENT
        except ValueError as error:
            refusals.append(str(error))
    assert len(refusals) > 250
    assert all(len(told.splitlines()) == 1 for told in refusals)
    for kept in range(2, len(whole), 97):
        (tmp_path / "a").write_bytes(whole[:kept])
        with pytest.raises(ValueError, match=r"damaged|truncated"):
            read_member(tmp_path / "a", "weights", most_bytes=3000)
