"""Files that are not images are called by their kind."""

import gzip
import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from data_prep.images.signatures import HEAD_BYTES, describe, is_image
from tests.data_prep.images.damaged_files import small_files


def test_every_kind_that_is_read_is_an_image(tmp_path):
    for path in small_files(tmp_path):
        assert is_image(path.read_bytes()[:HEAD_BYTES]), path


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a.png", b"")
    return buffer.getvalue()


def array() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("head", "noun"),
    [
        (b"", "empty"),
        (bytes(200), "zero bytes"),
        (b"%PDF-1.7\n", "PDF"),
        (b"P7\nWIDTH 60\n", "PAM"),
        (b"\0\0\0\x20ftypisom\0\0\2\0", "video"),
        (b"\0\0\0\x20ftypheic\0\0\0\0", "HEIC"),
        (b"\x1aE\xdf\xa3\x01\0", "video"),
        (b"RIFF\x10\0\0\0AVI LIST", "video"),
        (b"<!DOCTYPE html>\n<html>", "HTML"),
        (b'<?xml version="1.0"?>\n<svg xmlns=', "SVG"),
        (b"version https://git-lfs.github.com/spec/v1\n", "LFS"),
        ("nur Text äöü".encode(), "text"),
        (b"\xc3\x28\xa0\xa1" * 20, "unknown"),
        (archive(), "zip"),
        (gzip.compress(b"x"), "gzip"),
        (array(), "NumPy"),
    ],
    ids=lambda value: value if isinstance(value, str) else "head",  # archives hold the time
)
def test_others_are_named(head, noun):
    found, advice = describe(head)
    assert noun in found
    assert advice
    assert not is_image(head)


def test_text_cut_within_a_character_is_text():
    for start in range(4):
        head = ("x" * start + "ä" * HEAD_BYTES).encode()[:HEAD_BYTES]
        assert describe(head)[0] == "a text file"


def test_no_advice_is_to_delete_a_file():
    for head in (b"", b"%PDF", b"text", b"\0\0\0\x20ftypisom", b"\x01\x02"):
        assert not {"remove", "delete"} & set(describe(head)[1].split())


def test_an_image_is_an_image():
    buffer = io.BytesIO()
    Image.new("L", (2, 2)).save(buffer, "PNG")
    assert is_image(buffer.getvalue())
