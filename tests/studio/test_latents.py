"""Latents as pages name them, and the file of kept ones."""

import numpy as np
import pytest

from data_prep.errors import InputError
from studio.handlers import Call
from studio.latents import kept_file, read_kept, remember, resolve, write_kept


def test_kept_latents_are_found_by_their_ids_and_read_by_commands(studio, root):
    from animate.paths.latent_loader import load_latents

    call = Call(studio, {}, {}, {}, None)
    run = root / "runs" / "one"
    file = kept_file(call, run)
    assert (file.name, read_kept(file)) == ("runs-one-kept.npz", ([], None))
    w = np.random.default_rng(0).normal(size=(2, 1, 6)).astype(np.float32)
    write_kept(file, w, ["seed 3", ""], generator="x")
    entries, read = read_kept(file)
    np.testing.assert_array_equal(read, w)
    assert [entry["note"] for entry in entries] == ["seed 3", ""]
    np.testing.assert_array_equal(resolve(call, run, {"kept": entries[1]["id"]}), w[1])
    np.testing.assert_array_equal(load_latents([f"{file}[0]", f"{file}[1]"], z_dim=6), w)
    index = {"file": studio.project.id_of(file), "index": 1}
    np.testing.assert_array_equal(resolve(call, run, index), w[1])
    write_kept(file, w[:0], [], generator="x")
    assert not file.exists()
    assert resolve(call, run, {"kept": remember(w[0])}).tolist() == w[0].tolist()
    for value in (None, {}, {"seed": -1}, {"seed": "3"}, {"kept": "none"}):
        with pytest.raises(InputError):
            resolve(call, run, value)
