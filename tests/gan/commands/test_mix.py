"""`gan mix`: the grid and error messages."""

import jax
import numpy as np
from PIL import Image

from gan import latents
from gan.__main__ import main
from gan.families import build
from gan.sample import load_generator, sample_images, save_generator


def test_the_grid_of_the_command(untrained_run, tmp_path):
    """All layers of the columns: the columns' own pictures; and the edges are what `gan sample` draws."""
    out = tmp_path / "mix.png"
    words = ["mix", str(untrained_run), "--rows", "1,2", "--cols", "10-12", "--out", str(out)]
    assert main([*words, "--layers", "0-5"]) == 0
    grid = np.asarray(Image.open(out)).reshape(3, 16, 4, 16).swapaxes(1, 2).astype(int)
    assert (grid[1:, 1:] == grid[:1, 1:]).all()
    assert (grid[0, 0] == 255).all()
    generator = load_generator(untrained_run)
    z = latents.from_seeds([1, 2, 10, 11, 12], z_dim=generator.z_dim)
    drawn = np.concatenate(list(sample_images(generator.family, generator.params, z)))[..., 0].astype(int)
    edges = np.concatenate([grid[1:, 0], grid[0, 1:]])
    assert np.abs(edges - drawn).max() <= 1

    assert main([*words, "--layers", "2-5"]) == 2  # it exists
    assert main([*words, "--layers", "2-5", "--overwrite"]) == 0
    mixed = np.asarray(Image.open(out)).reshape(3, 16, 4, 16).swapaxes(1, 2)
    assert (mixed[1, 1:] != mixed[2, 1:]).any()  # coarse layers are the rows'
    assert (mixed[1, 1] != mixed[1, 2]).any()  # fine layers are the columns'


def test_refusals(untrained_run, tmp_path, capsys, tiny):
    out = str(tmp_path / "mix.png")
    family = build(tiny, (16, 16, 1))
    params = jax.jit(family.init_generator)(jax.random.key(0))
    save_generator(tmp_path / "plain", params, config=tiny, shape=(16, 16, 1), nimg=0)
    words = {"--rows": "1", "--cols": "2", "--layers": "0", "--out": out}
    for run, changed, message in [
        (untrained_run, {"--rows": "x"}, "--rows x: must be distinct numbers"),
        (untrained_run, {"--cols": "3-1"}, "--cols 3-1: 3-1 runs backwards; give 1-3"),
        (untrained_run, {"--layers": "6"}, "has layers 0 to 5"),
        (untrained_run, {"--out": str(tmp_path / "mix.jpg")}, "must end in .png"),
        (untrained_run, {"--label": "leaf"}, "has no classes"),
        (tmp_path / "plain", {}, "one w for the whole image"),
        (tmp_path, {}, "holds no generator"),
    ]:
        flags = [word for pair in (words | changed).items() for word in pair]
        assert main(["mix", str(run), *flags]) == 2
        told = capsys.readouterr().err.strip()
        assert message in told
        assert len(told.splitlines()) == 1
    assert not (tmp_path / "mix.png").exists()
