"""The threshold lies between ink and paper of any tone; black on white gets the standard one."""

import dataclasses

import numpy as np
import pytest
from PIL import Image, ImageDraw

from data_prep.images import list_images, read_image
from data_prep.specimens.detect import find_specimens
from fill.config import BlobConfig, LightConfig, SpecConfig, VideoConfig
from fill.threshold import find_threshold, find_tones, prepare, prepare_video
from tests.data_prep.pages.test_illumination import LIGHTS, drawn, lit
from tests.slow_cases import slow_rows


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


INKS = [(255, 0), (228, 190), (255, 226), (115, 20), (150, 90), (240, 200), (60, 20)]


def web(paper: int, ink: int) -> np.ndarray:
    """Twenty cells between smooth lines: uint8 [240, 300, 3]."""
    image = Image.new("L", (900, 720), paper)
    draw = ImageDraw.Draw(image)
    for x in range(-3, 900, 180):
        draw.line([(x, 0), (x, 720)], fill=ink, width=9)
    for y in range(0, 721, 180):
        draw.line([(0, y), (900, y)], fill=ink, width=9)
    gray = np.asarray(image.reduce(3))
    return np.repeat(gray[..., None], 3, axis=2)


def regions(image: np.ndarray, threshold: int) -> int:
    import scipy

    labels, count = scipy.ndimage.label(image[..., 0] > threshold)
    return int((np.bincount(labels.ravel())[1:] > 400).sum()) if count else 0


@pytest.mark.parametrize(("paper", "ink"), INKS)
@pytest.mark.parametrize("config", [BlobConfig(), SpecConfig()])
@pytest.mark.parametrize("grain", [0, 1.5])
def test_cells_are_separated_at_any_tone(paper, ink, config, grain, rng):
    page = np.clip(np.rint(web(paper, ink) + rng.normal(0, grain, (240, 300, 1))), 0, 255).astype(np.uint8)
    drawing = prepare(page, config)
    assert regions(drawing.image, drawing.threshold) == 20
    assert not drawing.inverted
    assert not drawing.flattened
    assert drawing.image is page
    assert abs(drawing.tones.paper - paper) <= 2
    assert drawing.doubt("auto") == ""


@pytest.mark.parametrize("config", [BlobConfig(), SpecConfig()])
def test_black_on_white_gets_the_standard_threshold(config):
    for paper, ink in [(255, 0), (250, 15), (255, 30), (245, 5)]:
        assert prepare(web(paper, ink), config).threshold == config.standard_threshold
    fixed = dataclasses.replace(config, threshold=99)
    assert prepare(web(228, 190), fixed).threshold == 99


@pytest.mark.parametrize("darkest", [1.0, 0.6, 0.4])
def test_shade_and_polarity_are_removed(darkest):
    page = web(250, 10)
    shaded = (page * np.linspace(1, darkest, 300)[None, :, None]).astype(np.uint8)
    drawing = prepare(shaded, BlobConfig())
    assert drawing.flattened == (darkest < 1)
    assert regions(drawing.image, drawing.threshold) == 20
    board = prepare(255 - page, BlobConfig())
    assert board.inverted
    np.testing.assert_array_equal(board.image, page)
    raw = prepare(255 - page, BlobConfig(), invert_it="off", flatten_it="off")
    np.testing.assert_array_equal(raw.image, 255 - page)
    assert prepare(page, BlobConfig(), invert_it="on").inverted


@pytest.mark.parametrize("light", LIGHTS)
def test_drawings_in_uneven_light_are_flattened(light):
    page = lit(drawn(), LIGHTS[light])
    assert prepare(page, BlobConfig()).flattened
    assert prepare(page, BlobConfig(), flatten_it="off").image is page


@pytest.mark.parametrize(
    ("pages", "most"), [("spec-chiriqui", 0), *slow_rows(("spec-radiolaria", 1), ("blob-woodcut", 0))]
)
def test_shaded_drawings_in_even_light_are_left_as_they_are(real_data, pages, most, rng):
    page = read_image(list_images(real_data / "pages" / pages)[0], mode="rgb")
    if pages.startswith("spec"):
        boxes = find_specimens(page).boxes_px[:8]
        tiles = [page[top - 6 : bottom + 6, left - 6 : right + 6] for left, top, right, bottom in boxes]
    else:
        corners = rng.integers(0, np.array(page.shape[:2]) - 256, (8, 2))
        tiles = [page[y : y + 256, x : x + 256] for y, x in corners]
    drawings = [prepare(tile, SpecConfig()) for tile in tiles if tile.size]
    assert len(drawings) >= 6
    assert sum(drawing.flattened for drawing in drawings) <= most


def test_blank_drawings_and_missed_ink_are_reported(rng):
    blank = np.clip(rng.normal(200, 2, (80, 90, 3)), 0, 255).astype(np.uint8)
    assert find_tones(blank[..., 0]).ink is None
    assert "--threshold 19" in prepare(blank, BlobConfig()).doubt("auto")
    faint = dataclasses.replace(BlobConfig(), threshold=160)
    line = prepare(web(228, 190), faint).doubt(160)
    assert "--threshold 160" in line
    assert "try --threshold 217" in line
    line = prepare(web(115, 20), faint).doubt(160)
    assert "its paper is about 115: try --threshold 86" in line
    assert prepare(web(255, 0), faint).doubt(160) == ""


def test_the_threshold_is_monotonic_in_ink_and_paper():
    from fill.threshold import Tones

    for standard in (160, 208):
        for paper in range(30, 256, 25):
            for ink in range(0, paper - 12, 10):
                assert ink < find_threshold(Tones(paper, ink), standard=standard) < paper


@pytest.mark.parametrize("name", ["fill-light-ink/lightblue", "fill-light-ink/pencil", "fill-shadow/shadow"])
def test_cases_of_ink_and_shadow(cases, name):
    drawing = prepare(read_image(cases / f"{name}.png", mode="rgb"), BlobConfig())
    assert regions(drawing.image, drawing.threshold) >= 20
    chalk = prepare(read_image(cases / "fill-chalk" / "chalk.png", mode="rgb"), BlobConfig())
    assert chalk.inverted
    assert regions(chalk.image, chalk.threshold) >= 20


def test_a_video_gets_one_threshold_from_its_first_frames():
    frames = [web(228, 190)] * 3 + [web(255, 0)] * 20
    config = prepare_video(VideoConfig(), frames[:3]).config
    assert config.threshold == prepare(frames[0], BlobConfig()).threshold
    assert prepare_video(VideoConfig(), frames[3:]).config.threshold == 160
    assert prepare_video(VideoConfig(), [frames[0], frames[-1][:90, :120]]).config == config  # refused later
    fixed = VideoConfig(threshold=90)
    assert prepare_video(fixed, frames).config is fixed
    assert prepare_video(VideoConfig(), []).config.fixed_threshold == 160


def test_a_video_gets_one_correction_from_its_first_frames():
    page = web(250, 10)
    shade = np.linspace(1, 0.5, 300)[None, :, None]
    shaded = [(page * shade).astype(np.uint8)] * 3
    video = prepare_video(VideoConfig(), [*shaded, page])
    assert video.correction.background is not None
    for frame in video.frames(shaded):
        np.testing.assert_array_equal(frame, prepare(shaded[0], BlobConfig()).image)
    assert "--flatten off" in str(video)
    assert (
        list(prepare_video(VideoConfig(), shaded, light=LightConfig(flatten="off")).frames(shaded)) == shaded
    )
    board = prepare_video(VideoConfig(), [255 - page] * 2)
    np.testing.assert_array_equal(next(board.frames([255 - page])), page)
    assert "--invert off" in str(board)
    assert not prepare_video(VideoConfig(), [255 - page], light=LightConfig(invert="off")).correction.inverts
    other = page[:90, :120]  # of another size: refused when it is drawn
    assert [frame.shape for frame in video.frames([*shaded, other])][-1] == other.shape
