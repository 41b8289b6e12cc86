import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.images import write_image
from data_prep.video.codec import write_video
from fill.strokes.sources import describe_source, kind_of, list_items, write_document


def test_images_are_listed_in_natural_order_with_their_files(tmp_path):
    for name in ("b10.png", "b2.png"):
        write_image(tmp_path / name, np.zeros((4, 4, 1), np.uint8), dpi=200)
    items = list_items(tmp_path, tmp_path / "out")
    assert [(item.name, item.target.name) for item in items] == [("b2.png", "b2.svg"), ("b10.png", "b10.svg")]
    page = items[0].read(max_megapixels=1)
    assert page.image.shape == (4, 4, 3)
    assert page.dpi == pytest.approx(200, abs=0.1)
    assert not items[0].is_done()
    write_document(items[0].target, "x")
    assert items[0].is_done()
    assert describe_source(tmp_path) == {"source": str(tmp_path)}


def test_kinds(tmp_path):
    write_image(tmp_path / "a.png", np.zeros((4, 4, 1), np.uint8))
    (tmp_path / "dataset.json").write_text('{"labels": []}')
    assert kind_of(tmp_path) == kind_of(tmp_path / "a.png") == "images"
    frames = (np.zeros((16, 16, 1), np.uint8) for _ in range(3))
    write_video(frames, tmp_path / "v.mp4", fps=5)
    assert kind_of(tmp_path / "v.mp4") == "video"
    with pytest.raises(InputError, match="no such file or folder"):
        kind_of(tmp_path / "missing")
