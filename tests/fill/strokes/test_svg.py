import json
import re
from xml.etree import ElementTree

import numpy as np

from fill.strokes.svg import Layer, PenPath, SvgDocument, hex_color, path_data

SVG = "{http://www.w3.org/2000/svg}"


def read_path(data):
    """Cubics of a path with M, c, l and z: float64 [K, 4, 2] for each part."""
    parts = []
    for word in re.findall(r"[Mclzh][^Mclzh]*", data):
        numbers = [float(value) for value in re.findall(r"-?\d*\.?\d+", word)]
        if word[0] == "M":
            at = np.array(numbers)
            parts.append([])
        size = {"c": 6, "l": 2}.get(word[0], 0)
        for i in range(0, len(numbers) if size else 0, size or 1):
            own = np.array(numbers[i : i + size]).reshape(-1, 2) + at
            if word[0] == "l":
                own = np.stack([at + (own[-1] - at) * t for t in (1 / 3, 2 / 3, 1)])
            parts[-1].append(np.concatenate([at[None], own]))
            at = own[-1]
    return [np.array(part) for part in parts]


def curve(seed, count=40):
    rng = np.random.default_rng(seed)
    joints = np.cumsum(rng.normal(0, 5, (count + 1, 2)), axis=0)
    inner = rng.normal(0, 5, (count, 2, 2))
    return np.stack([joints[:-1], joints[:-1] + inner[:, 0], joints[1:] + inner[:, 1], joints[1:]], axis=1)


def test_coordinates_are_within_a_micrometre_at_every_joint():
    cubics = curve(0)
    (read,) = read_path(path_data(PenPath((cubics,), 0.5)))
    assert np.abs(read - cubics).max() <= 0.0011


def test_straight_cubics_are_lines():
    straight = np.linspace((0, 0), (30, 10), 4)[None]
    data = path_data(PenPath((straight,), 0.5))
    assert data == "M0 0l30 10"
    assert np.abs(read_path(data)[0] - straight).max() < 0.0011


def test_a_loop_is_not_a_line():
    loop = np.array([[[5, 5], [15, 5], [5, 15], [5, 5]]], float)
    assert path_data(PenPath((loop,), 0.5, closed=True)) == "M5 5c10 0 0 10 0 0z"


def test_closed_and_filled_paths_end_where_they_began():
    cubics = curve(1, 3)
    assert path_data(PenPath((cubics,), 0.5, closed=True)).endswith("z")
    assert path_data(PenPath((cubics, cubics + 5))).count("z") == 2
    assert "z" not in path_data(PenPath((cubics,), 0.5))
    assert path_data(PenPath((cubics[:0],), 0.5, dot=(1.5, 2.25))) == "M1.5 2.25h0"


def test_a_document_is_in_millimetres_with_layers_and_metadata():
    path = PenPath((curve(2, 2),), 0.35, "s7")
    layers = (
        Layer("regions", "#ff0000", (PenPath((curve(3, 2),)),), True),
        Layer('i"&<nk', "#000000", (path,)),
    )
    document = SvgDocument(210.0, 297.5, layers, {"source": "a <b> & c.png"})
    root = ElementTree.fromstring(document.text().encode())
    assert (root.get("width"), root.get("height")) == ("210mm", "297.5mm")
    assert root.get("viewBox") == "0 0 210 297.5"
    assert json.loads(root.find(f"{SVG}metadata").text) == {"source": "a <b> & c.png"}
    groups = root.findall(f"{SVG}g")
    assert [group.get("id") for group in groups] == ["pen1", "pen2"]
    assert groups[0].get("stroke") == "none"
    assert groups[1].get("fill") == "none"
    assert groups[1].find(f"{SVG}path").attrib["stroke-width"] == ".35"
    assert groups[1].find(f"{SVG}path").attrib["id"] == "s7"
    assert document.stroke_count == 1


def test_colours():
    assert hex_color(np.array([0, 16, 255])) == "#0010ff"
