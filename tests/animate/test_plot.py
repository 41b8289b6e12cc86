"""Plots of paths: what is drawn, and which files are replaced."""

import dataclasses

import numpy as np
import pytest

from animate import plot
from animate.plot import check_plot, has_plot, write_plot
from data_prep.errors import InputError
from data_prep.images import read_image


def test_of_a_path_in_w_the_first_layer_is_plotted(tmp_path, curve):
    first_layer = curve.latents[:, :2]
    in_w = np.stack([first_layer, 5 * first_layer[::-1]], axis=1)
    for name, latents in (("z", first_layer), ("w", in_w), ("other", in_w[:, 1])):
        write_plot(dataclasses.replace(curve, latents=latents), tmp_path / f"{name}.png")
    in_z, first, second = (read_image(tmp_path / f"{name}.png") for name in ("z", "w", "other"))
    np.testing.assert_array_equal(first, in_z)
    assert not np.array_equal(second, in_z)


@pytest.mark.slow
@pytest.mark.parametrize(("most", "summary"), [(6, "6 charts"), (5, "a heat map of 6 dimensions")])
def test_a_summary_names_the_file_and_the_kind_of_plot(tmp_path, curve, monkeypatch, most, summary):
    monkeypatch.setattr(plot, "MAX_CHARTS", most)
    assert write_plot(curve, tmp_path / "a.png") == f"{tmp_path / 'a.png'}  {summary}"


def test_a_heat_map_of_a_path_at_rest_is_drawn(tmp_path, curve, monkeypatch):
    monkeypatch.setattr(plot, "MAX_CHARTS", 5)
    write_plot(dataclasses.replace(curve, latents=np.zeros((24, 6), np.float32)), tmp_path / "a.png")
    assert read_image(tmp_path / "a.png").std() > 1


def test_a_plot_is_replaced_by_the_same_path_only(tmp_path, curve):
    curve, out = dataclasses.replace(curve, latents=curve.latents[:, :2]), tmp_path / "a.png"
    write_plot(curve, out)
    before = out.read_bytes()
    write_plot(curve, out)
    assert out.read_bytes() == before
    moved = curve.latents.copy()
    moved[3, 1] += 1
    for other in (
        dataclasses.replace(curve, seed=4),
        dataclasses.replace(curve, fps=24.0),
        dataclasses.replace(curve, latents=moved),
    ):
        with pytest.raises(InputError, match="is not a plot of this path"):
            write_plot(other, out)
        check_plot(other, out, overwrite=True)
    assert out.read_bytes() == before


def test_other_files_and_names_are_refused(tmp_path, curve):
    (tmp_path / "notes.png").write_text("my notes")
    (tmp_path / "folder.png").mkdir()
    for name, printed in (
        ("a.pdf", "must end in .png"),
        ("notes.png", "is not a plot of this path"),
        ("folder.png", "is a folder"),
    ):
        with pytest.raises(InputError, match=printed):
            check_plot(curve, tmp_path / name)
    with pytest.raises(InputError, match="is a folder"):
        check_plot(curve, tmp_path / "folder.png", overwrite=True)


def test_styles_defined_by_dimensions_have_a_plot():
    assert has_plot("phase")
    assert not has_plot("bezier")
