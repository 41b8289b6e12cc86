"""Corrections by hand: what is written is read, the older form too, and mistakes are named."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data_prep.errors import InputError
from data_prep.pages.adjustments import Adjustment, read_adjustments, write_adjustments

NAMES = ["1.png", "2.png", "10.png"]


def test_round_trip(tmp_path):
    written = {
        "1.png": Adjustment((0.25, -0.5)),
        "2.png": Adjustment(),
        "10.png": Adjustment((1, 2), ((3.5, 4), (5, 6))),
    }
    write_adjustments(tmp_path / "a.json", written)
    assert read_adjustments(tmp_path / "a.json", NAMES) == written
    assert json.loads((tmp_path / "a.json").read_text())["schema"] == 1


def test_missing_pages_have_no_offset(tmp_path):
    write_adjustments(tmp_path / "a.json", {"2.png": Adjustment((1, 1))})
    assert read_adjustments(tmp_path / "a.json", NAMES)["10.png"] == Adjustment((0, 0))


def test_older_form_indexes_pages_in_order(tmp_path):
    (tmp_path / "a.json").write_text('[{"index": 2, "x": 0.5, "y": 1}, {"index": 0, "x": 0, "y": 0.25}]')
    read = read_adjustments(tmp_path / "a.json", NAMES)
    assert [read[name].offset_cell for name in NAMES] == [(0, 0.25), (0, 0), (0.5, 1)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_files_of_other_editors_are_read(tmp_path, encoding):
    (tmp_path / "a.json").write_text('{"01": {"adj_x": 0.5, "adj_y": 1}}', encoding=encoding)
    assert read_adjustments(tmp_path / "a.json", NAMES)["1.png"].offset_cell == (0.5, 1)
    (tmp_path / "a.json").write_text("{}", encoding=encoding)
    assert read_adjustments(tmp_path / "a.json", NAMES)["1.png"] == Adjustment()


def test_unknown_pages_are_reported(tmp_path):
    write_adjustments(tmp_path / "a.json", {"7.png": Adjustment((1, 1))})
    messages = []
    assert set(read_adjustments(tmp_path / "a.json", NAMES, warn=messages.append)) == set(NAMES)
    assert len(messages) == 1
    assert "7.png" in messages[0]


def test_entries_of_other_pages_are_preserved(tmp_path):
    file = tmp_path / "a.json"
    write_adjustments(file, {"1.png": Adjustment((1, 1), ((3, 4),)), "7.png": Adjustment((0.5, 0))})
    text = file.read_text()
    read = read_adjustments(file, ["2.png", "10.png"])
    write_adjustments(file, read)
    assert read_adjustments(file, ["1.png", "7.png"]) == {
        "1.png": Adjustment((1, 1), ((3, 4),)),
        "7.png": Adjustment((0.5, 0)),
    }
    stored = [line for line in file.read_text().splitlines() if "1.png" in line or "7.png" in line]
    assert [line.rstrip(",") for line in stored] == [line.rstrip(",") for line in text.splitlines()[3:5]]
    assert list(json.loads(file.read_text())["pages"]) == ["1.png", "2.png", "7.png", "10.png"]
    file.write_text("{")
    with pytest.raises(InputError, match=r"a\.json is not JSON"):
        write_adjustments(file, read)
    assert file.read_text() == "{"


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "3",
        '{"pages": {}}',
        '{"schema": 2, "pages": {}}',
        '{"schema": 1, "pages": {"1.png": {"offset_cel": [0, 0]}}}',
        '{"schema": 1, "pages": {"1.png": {"offset_cell": [0]}}}',
        '{"schema": 1, "pages": {"1.png": {"offset_cell": ["a", 0]}}}',
        '{"schema": 1, "pages": {"1.png": {"offset_cell": [NaN, 0]}}}',
        '{"schema": 1, "pages": {"1.png": {"offset_cell": "12"}}}',
        '{"schema": 1, "pages": {"1.png": {"offset_cell": ["1", "2"]}}}',
        '{"schema": 1, "pages": {"1.png": {"offset_cell": [true, 0]}}}',
        '{"schema": 1, "pages": {"1.png": {"centers_px": ["12", "34"]}}}',
        '{"schema": 1, "pages": {"1.png": {"centers_px": ""}}}',
        '{"schema": 1, "pages": {"1.png": {"centers_px": {}}}}',
        '[{"index": 3, "x": 0, "y": 0}]',
        '[{"index": 0, "x": "1", "y": 0}]',
        '[{"index": 0, "x": 0, "y": 0}, {"index": 0, "x": 1, "y": 0}]',
        '[{"x": 0, "y": 0}]',
        '[{"index": -1, "x": 0, "y": 0}]',
        '[{"index": 0.5, "x": 0, "y": 0}]',
        '[{"index": 0, "x": 1e999, "y": 0}]',
        "[" * 100_000,
    ],
)
def test_errors_name_the_file(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match=r"a\.json") as caught:
        read_adjustments(tmp_path / "a.json", NAMES)
    assert "\n" not in str(caught.value)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"b\.json"):
        read_adjustments(tmp_path / "b.json", NAMES)
    (tmp_path / "b.json").mkdir()
    with pytest.raises(InputError, match=r"b\.json is a folder|b\.json cannot be read"):
        read_adjustments(tmp_path / "b.json", NAMES)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
POINT = (
    st.lists(JSON, max_size=3) | st.tuples(st.floats(), st.floats()) | st.text("0123", min_size=2, max_size=2)
)
ENTRY = st.fixed_dictionaries({}, optional={"offset_cell": POINT, "centers_px": JSON | st.lists(POINT)})
LONE = st.fixed_dictionaries({"offset_cell": POINT}) | st.fixed_dictionaries(
    {"centers_px": st.lists(POINT, max_size=2)}
)
PAGES = st.fixed_dictionaries({"1.png": LONE}) | st.dictionaries(st.sampled_from(NAMES), ENTRY | JSON)
OLDER = st.lists(st.fixed_dictionaries({"index": JSON | st.integers(0, 2), "x": JSON, "y": JSON}), max_size=3)


def points_of(value: Any) -> Iterator[Any]:
    """Whatever stands where a point should, in either form."""
    if isinstance(value, list):
        yield from ([entry["x"], entry["y"]] for entry in value)
        return
    for entry in value.get("pages", {}).values():
        yield from [entry["offset_cell"]] if "offset_cell" in entry else []
        yield from entry.get("centers_px") or []


@given(
    st.binary(max_size=80)
    | JSON.map(json.dumps)
    | OLDER.map(json.dumps)
    | st.fixed_dictionaries({"schema": st.just(1), "pages": PAGES | JSON}).map(json.dumps)
)
@example('{"schema": 1, "pages": {"": {"\\n": null}}}')
@settings(max_examples=60, deadline=None)
def test_any_file_is_read_or_refused_in_one_line(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    try:
        read = read_adjustments(path, NAMES)
    except InputError as error:
        read, message = {}, str(error)
    else:
        message = str(path)
        assert list(read) == NAMES
        for point in points_of(json.loads(path.read_text())):
            assert isinstance(point, list)
            assert [type(value) in (int, float) for value in point] == [True, True]
    assert message.startswith(str(path))
    assert "\n" not in message
    for adjustment in read.values():
        assert all(abs(value) < float("inf") for value in adjustment.offset_cell)


POINTS = st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))


@given(st.fixed_dictionaries({name: st.tuples(POINTS, st.none() | st.lists(POINTS)) for name in NAMES}))
@settings(max_examples=50, deadline=None)
def test_round_trip_of_any_entries(tmp_path_factory, entries):
    path = tmp_path_factory.getbasetemp() / "written.json"
    written = {
        name: Adjustment(offset, None if centers is None else tuple(centers))
        for name, (offset, centers) in entries.items()
    }
    write_adjustments(path, written)
    assert read_adjustments(path, NAMES) == written


@pytest.mark.parametrize(("offset", "is_large"), [(0.75, False), (-4, False), (4.5, True), (-96, True)])
def test_offsets_that_may_be_pixels_are_reported(tmp_path, offset, is_large):
    forms = ([{"index": 1, "x": 0, "y": offset}], {"1": {"adj_x": offset, "adj_y": 0}})
    for form in forms:
        (tmp_path / "a.json").write_text(json.dumps(form))
        messages: list[str] = []
        read_adjustments(tmp_path / "a.json", NAMES, warn=messages.append)
        text = f"{abs(offset):g} cells is more likely in pixels"
        assert [text in message for message in messages] == [True] * is_large
