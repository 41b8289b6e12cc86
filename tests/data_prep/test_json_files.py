"""JSON files: read, and their keys checked."""

import pytest

from data_prep.errors import InputError
from data_prep.json_files import check_keys, read_json


def test_files_that_are_no_json_are_named(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"a": [1]}')
    assert read_json(path) == {"a": [1]}
    for data in (b"{", b"\xff\xfe", b"", b"[" * 100_000):
        path.write_bytes(data)
        with pytest.raises(InputError, match=r"a\.json is not JSON"):
            read_json(path)
    with pytest.raises(InputError, match="is a folder"):
        read_json(tmp_path)


def test_unknown_and_missing_keys_are_named():
    check_keys({"a": 1}, {"a", "b"}, where="x", optional=frozenset("b"))
    with pytest.raises(InputError, match="x: unknown key 'c'; known are a, b"):
        check_keys({"a": 1, "c": 1}, {"a", "b"}, where="x")
    with pytest.raises(InputError, match="x: 'b' is missing"):
        check_keys({"a": 1}, {"a", "b"}, where="x")
    with pytest.raises(InputError, match="x: must be an object"):
        check_keys([1], {"a"}, where="x")
