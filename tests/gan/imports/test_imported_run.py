"""An import is a run folder: sampled, and the start of a training."""

import jax
import numpy as np
import pytest
from flax.traverse_util import flatten_dict

from gan.__main__ import main
from gan.imports.imported_run import read_networks
from gan.run_folder import saved_config, saved_data
from gan.sample import load_generator
from gan.saved_state import load_state
from gan.sharding import make_mesh
from tests.gan.imports import snapshot_files as files
from tests.gan.imports.snapshot_files import Shape

SHAPE = Shape(channels=1, classes=2, z_dim=16, w_dim=16, layers=3, base=64, most=8)


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """(snapshot, run folder made of it)."""
    folder = tmp_path_factory.mktemp("import")
    (folder / "network.pkl").write_bytes(files.snapshot(files.networks(SHAPE)))
    assert main(["import", str(folder / "network.pkl"), "--out", str(folder / "run")]) == 0
    return folder / "network.pkl", folder / "run"


def same(mine, theirs) -> bool:
    mine, theirs = (flatten_dict(tree, sep="/") for tree in (mine, theirs))
    return mine.keys() == theirs.keys() and all(np.array_equal(mine[k], theirs[k]) for k in mine)


def test_the_generator_is_the_average_and_the_checkpoint_holds_all(imported):
    file, run = imported
    networks = read_networks(file)
    generator = load_generator(run)
    assert generator.class_names == ("0", "1")
    assert generator.family == networks.family
    assert same(generator.params, networks.params["G_ema"])
    family, donor = load_state(run, make_mesh(jax.devices()[:1]))  # as --init-from does
    assert family == networks.family
    for field, name in (("generator", "G"), ("discriminator", "D"), ("average", "G_ema")):
        assert same(getattr(donor, field), networks.params[name])
    assert not same(donor.generator, donor.average)
    assert saved_config(run).conditional
    assert saved_data(run)["shape"] == [16, 16, 1]


def test_it_is_sampled_and_told(imported, tmp_path, capsys):
    file, run = imported
    assert (
        main(["sample", str(run), "--out", str(tmp_path / "pictures"), "--seeds", "0-3", "--label", "1"]) == 0
    )
    assert (tmp_path / "pictures" / "grid.png").is_file()
    capsys.readouterr()
    assert main(["import", str(file), "--out", str(run)]) == 0
    assert "already done" in capsys.readouterr().out
    other = tmp_path / "other.pkl"
    other.write_bytes(files.snapshot(files.networks(Shape(8, base=32, most=4))))
    assert main(["import", str(other), "--out", str(run)]) == 2
    assert "--overwrite" in capsys.readouterr().err
    copy = tmp_path / "run"
    assert main(["import", str(file), "--out", str(copy)]) == 0
    told = capsys.readouterr()
    assert told.out.startswith(
        f"{copy}/generator  stylegan2, 16 x 16 px, channels 1, classes 2, parameters G "
    )
    assert "--init-from" in told.err
    assert "--mapping-layers 3" in told.err
    assert main(["import", str(other), "--out", str(copy), "--overwrite"]) == 0
    assert load_generator(copy).shape == (8, 8, 3)


def test_bad_files_start_nothing(tmp_path, capsys):
    (tmp_path / "text.pkl").write_text("not a pickle")
    (tmp_path / "empty.pkl").write_bytes(b"")
    for name, message in (("text.pkl", "no snapshot"), ("empty.pkl", "no snapshot"), ("none.pkl", "no file")):
        assert main(["import", str(tmp_path / name), "--out", str(tmp_path / "run")]) == 2
        told = capsys.readouterr().err.strip()
        assert message in told
        assert len(told.splitlines()) == 1
    assert not (tmp_path / "run").exists()
