"""Tagged videos: frames and pages that belong together, whatever is excluded."""

import dataclasses
import json

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.video.codec import read_video
from data_prep.video.cuts import Cut, Cuts
from data_prep.video.frame_index import read_index
from data_prep.video.tags import Span, Tags
from gan.next_frame.codes import area_means
from gan.next_frame.episodes import Source, page_numbers, pair_set, read_episode, runs_of, sources_of
from gan.next_frame.pairs import NO_PAGE
from gan.projection.inputs import fit

SHAPE = (8, 8, 1)


@pytest.fixture(scope="module")
def source(tagged_clip):
    exclusions = tagged_clip / "exclusions.json"
    return Source(tagged_clip / "clip.mp4", tagged_clip / "tags.json", tagged_clip / "pages", exclusions)


def read(source, **options):
    return read_episode(source, **{"shape": SHAPE, "side": 4, "fps": 12, "hold_out_sec": 1.0} | options)


def test_pairs_have_the_frames_pages_and_targets_of_the_video(source, tagged_clip):
    """Frame by frame from the files: the page by the number in the video, excluded frames left out."""
    from data_prep.images import read_image

    frames = [fit(frame, SHAPE) for frame in read_video(source.video, mode="gray")]
    codes = [area_means(read_image(tagged_clip / "pages" / f"{n}.png"), side=4) for n in (1, 2)]
    episode = read(source)
    for held_out, numbers in ((False, [0, 1, 2, *range(7, 23)]), (True, list(range(24, 35)))):
        pairs = pair_set([episode], held_out=held_out)
        taken = pairs.take(np.arange(len(pairs)))
        assert len(pairs) == len(numbers)
        for row, number in enumerate(numbers):
            np.testing.assert_array_equal(taken.frame[row], frames[number])
            np.testing.assert_array_equal(taken.target[row], frames[number + 1])
            np.testing.assert_array_equal(taken.page[row], codes[int(number > 19)])
    assert codes[0][0, 3] < codes[0][3, 0]  # dark at the top right


def test_codes_of_frames_are_those_of_what_is_read(source):
    pairs = pair_set([read(source)], held_out=False, codes_side=2)
    np.testing.assert_array_equal(pairs.codes[3], area_means(pairs.frames[3], side=2))
    assert sum(len(run) for run in runs_of([read(source)], held_out=False)) == len(pairs.frames)


def test_a_cut_ends_a_segment(source, tmp_path):
    pts = read_index(source.video).pts
    path = tmp_path / "cuts.json"
    path.write_text(json.dumps({"video": "clip.mp4", "cuts": [{"frame": 10, "pts": int(pts[10])}]}))
    segments = read(dataclasses.replace(source, cuts=path)).segments
    assert [(s.frames[0], s.frames[-1]) for s in segments] == [(0, 3), (7, 9), (10, 23), (24, 35)]
    for content, message in (
        ([], "no cuts.json"),
        ({"video": "b.mp4", "cuts": []}, "belongs to b.mp4"),
        ({"video": "clip.mp4", "cuts": [{"frame": 99, "pts": 0}]}, "beyond the end"),
    ):
        path.write_text(json.dumps(content))
        with pytest.raises(InputError, match=message):
            read(dataclasses.replace(source, cuts=path))


def test_cuts_are_detected_where_no_file_lists_them(source, monkeypatch):
    cut = Cut(12, 0, 1.0, 99.0, 9.0, "cut")
    monkeypatch.setattr(
        "gan.next_frame.episodes.find_cuts", lambda index, config: Cuts(index, (cut,), by_cosine=())
    )
    segments = read(source).segments
    assert [(s.frames[0], s.frames[-1]) for s in segments] == [(0, 3), (7, 11), (12, 23), (24, 35)]


def test_pages_of_several_videos_are_counted_on(source):
    episodes = [read(source), read(source)]
    pairs = pair_set(episodes, held_out=False)
    assert pairs.page_codes.shape == (4, 4, 4)
    assert set(pairs.pages.tolist()) == {0, 1, 2, 3}


def test_pages_are_found_by_name_not_by_span():
    tags = Tags("v", 12.0, (Span("b.png", 2, 0), Span("d.png", 2, 0), Span("c.png", 4, 0)))
    found = page_numbers(tags, ["a.png", "b.png", "c.png", "d.png"], frames=7)
    assert found.tolist() == [1, 1, 1, 2, 2, NO_PAGE, NO_PAGE]


def test_files_that_do_not_belong_together_are_named(source, tmp_path):
    tags = json.loads(source.tags.read_text())
    other = tmp_path / "tags.json"
    other.write_text(json.dumps(tags | {"video": "other.mp4"}))
    with pytest.raises(InputError, match=r"belongs to other.mp4, not to clip.mp4"):
        read(dataclasses.replace(source, tags=other))
    tags["spans"][1]["last_frame"] = 99
    other.write_text(json.dumps(tags))
    with pytest.raises(InputError, match="beyond the end"):
        read(dataclasses.replace(source, tags=other))
    with pytest.raises(InputError, match="no two tagged frames"):
        pair_set([read(source, hold_out_sec=99)], held_out=False)


def test_every_video_has_its_tags_and_pages(tmp_path):
    a, b, pages = (tmp_path / name for name in "abp")
    sources = sources_of([a, b], tags=[b, a], pages=[pages])
    assert [(s.video, s.tags, s.pages) for s in sources] == [(a, b, pages), (b, a, pages)]
    assert sources_of([], tags=[], pages=[]) == []
    with pytest.raises(InputError, match="--tags: 1 for 2 videos"):
        sources_of([a, b], tags=[a], pages=[pages])
    with pytest.raises(InputError, match="--pages: 3 for 2 videos"):
        sources_of([a, b], tags=[a, b], pages=[pages] * 3)
