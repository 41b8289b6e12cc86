"""Each extension of docs/architecture.md, done from outside: one function or class and one table entry."""

import dataclasses
import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import inkloop
from data_prep.errors import InputError
from data_prep.images import read_image, write_image
from gan.config import replace
from gan.families.whole_images import WholeImages
from tests.animate.conftest import make_generator
from tests.gan.conftest import packed, strokes

SHAPE = (8, 8, 1)


# A path style: a config, a function, an entry of PATHS.


def spiral_style():
    from animate import curves
    from animate.config import PathConfig

    @dataclasses.dataclass(frozen=True)
    class SpiralConfig(PathConfig):
        """Two circles of different size, one after the other."""

        turns: int = 2
        """Circles."""

        @property
        def closed(self):
            return True

    def spiral(key, config, *, at=None):
        u = curves.positions(config.frame_count, closed=True) if at is None else at
        angle, radius = 2 * np.pi * config.turns * u, 1 + np.sin(np.pi * u)
        a, b = jax.random.normal(key, (2, config.latent_size))
        flat = jnp.asarray(np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1), jnp.float32)
        return flat @ jnp.stack([a, b])

    return SpiralConfig, spiral


@pytest.fixture
def spiral(monkeypatch):
    from animate.paths import PATHS

    monkeypatch.setitem(PATHS, "spiral", spiral_style())
    monkeypatch.setattr("gan.sample.load_generator", lambda folder: make_generator())


def test_path_style_has_a_command_flags_and_path_files(spiral, tmp_path):
    from animate.paths.path_file import read_path

    video, again, path = tmp_path / "a.gif", tmp_path / "b.gif", tmp_path / "path.npz"
    words = ["spiral", "run", "--out", str(video), "--turns", "3", "--frames", "24", "--save-path", str(path)]
    assert inkloop.main(["animate", *words]) == 0
    saved = read_path(path)
    assert (saved.style, saved.config["turns"], len(saved.latents)) == ("spiral", 3, 24)
    assert inkloop.main(["animate", "render", str(path), "run", "--out", str(again)]) == 0
    assert video.read_bytes() == again.read_bytes()


def test_path_style_in_timelines_and_without_a_network(spiral, tmp_path):
    from animate.paths.path_file import read_path

    file, video = tmp_path / "timeline.json", tmp_path / "joined.gif"
    file.write_text(
        json.dumps({"fps": 24, "parts": [{"style": "spiral", "seconds": 1, "config": {"turns": 1}}]})
    )
    assert inkloop.main(["animate", "timeline", str(file), "run", "--out", str(video)]) == 0
    path = tmp_path / "free.npz"
    assert inkloop.main(["animate", "path", "spiral", "--out", str(path), "--frames", "12"]) == 0
    assert read_path(path).latents.shape == (12, 64)


# A network family: its config in NETWORKS, its networks in FAMILIES.


@dataclasses.dataclass(frozen=True)
class LinearConfig:
    """Networks of family `linear`."""

    z_dim: int = 4
    """Length of a latent vector."""
    minibatch_group: int = 1
    """Items that the discriminator compares; gradient accumulation keeps them together."""
    minibatch_order: str = "neighbours"
    """Which items make such a group."""


@dataclasses.dataclass(frozen=True)
class Linear(WholeImages):
    """Images and logits that are linear in their inputs."""

    config: LinearConfig
    shape: tuple[int, int, int]
    dtype: object
    num_classes: int = 0

    z_dim = property(lambda self: self.config.z_dim)
    w_dim = property(lambda self: self.config.z_dim)
    num_ws = 1

    def init_generator(self, key):
        return {
            "weight": 0.1 * jax.random.normal(key, (self.z_dim, *self.shape)),
            "bias": jnp.zeros(self.shape),
        }

    def init_discriminator(self, key):
        return {"weight": 0.1 * jax.random.normal(key, self.shape)}

    def map(self, params, z, *, labels=None, truncation=1.0):
        return truncation * z[:, None, :]

    def synthesize(self, params, w, *, noise="const"):
        return jnp.einsum("nz,zhwc->nhwc", w[:, 0], params["weight"]) + params["bias"][None]

    def discriminate(self, params, images, *, labels=None):
        return jnp.einsum("nhwc,hwc->n", images, params["weight"])

    def features(self, params, images):
        return [images]

    def track(self, params, w):
        return params


def test_network_family_trains_is_saved_and_loaded(monkeypatch, tmp_path):
    from configs.gan import CONFIGS
    from gan import config as configuration
    from gan.devices.sharding import make_mesh
    from gan.families import FAMILIES
    from gan.recipes import build_recipe
    from gan.sample import load_generator
    from gan.steps.state import make_state
    from gan.steps.step import jit_train_step

    monkeypatch.setitem(configuration.NETWORKS, "linear", LinearConfig)
    monkeypatch.setitem(FAMILIES, "linear", Linear)
    config = dataclasses.replace(
        CONFIGS["tiny"], family="linear", network=LinearConfig(z_dim=5), compute_dtype="float32"
    )
    configuration.check(config)
    recipe, mesh = build_recipe(config, SHAPE), make_mesh(devices=jax.devices()[:1])
    state = make_state(recipe, mesh)
    before = jax.device_get(state.generator)
    step = jit_train_step(recipe, mesh, updates=recipe.due(0), unroll=True)
    state, metrics = step(state, strokes(config.batch_size, 8)[None], None)
    assert int(state.nimg) == config.batch_size
    assert np.isfinite(float(metrics["loss_g"]))
    assert np.any(jax.device_get(state.generator)["weight"] != before["weight"])
    recipe.export(tmp_path, jax.device_get(state.average), nimg=int(state.nimg), class_names=())
    generator = load_generator(tmp_path)
    assert isinstance(generator.family, Linear)
    assert generator.synthesize(generator.map(jnp.zeros((2, 5)))).shape == (2, *SHAPE)


# A recipe: a class and an entry of RECIPES; tests/gan/recipes trains one, kills it and resumes it.


def test_recipe_is_chosen_by_the_type_of_its_config(monkeypatch, tmp_path):
    from configs.gan import CONFIGS
    from gan.config import RunConfig
    from gan.recipes import RECIPES, Entry, build_recipe
    from gan.runs.run_folder import certify, saved_config
    from tests.gan.recipes.linear_regression import LinearRegression

    @dataclasses.dataclass(frozen=True)
    class RegressionConfig(RunConfig):
        """A config of its own."""

        momentum: float = 0.9

    monkeypatch.setitem(RECIPES, "regression", Entry(RegressionConfig, LinearRegression))
    assert isinstance(build_recipe(RegressionConfig(), SHAPE), LinearRegression)
    assert not isinstance(build_recipe(CONFIGS["tiny"], SHAPE), LinearRegression)
    certify(tmp_path, RegressionConfig(momentum=0.5), {"content_hash": "0"})
    assert saved_config(tmp_path) == RegressionConfig(momentum=0.5)


# A metric: a function and an entry of METRICS.


@pytest.fixture
def run(tmp_path):
    """An untrained run, with its dataset."""
    from configs.gan import CONFIGS
    from data_prep.records.dataset import Dataset
    from gan.recipes import build_recipe
    from gan.runs.run_folder import certify

    folder = tmp_path / "run"
    data = Dataset(packed(strokes(32, 8), tmp_path))
    recipe = build_recipe(dataclasses.replace(CONFIGS["tiny"], compute_dtype="float32"), SHAPE)
    params = jax.jit(recipe.init_state)(jax.random.key(0)).average
    recipe.export(folder, params, nimg=0, class_names=())
    described = {"folder": str(data.folder), "content_hash": data.content_hash}
    certify(folder, recipe.config, described | {"shape": list(SHAPE), "classes": []})
    return folder


def test_metric_is_recorded_and_accepted_by_training(run, monkeypatch):
    from gan import config as configuration
    from gan.metrics import METRICS, Result
    from gan.metrics.extractors import EXTRACTORS
    from gan.metrics.measure import Options, open_measurement
    from gan.metrics.recording import record

    def brightness(measurement):
        """Difference of the mean values of real and generated images."""
        fakes = np.concatenate(list(measurement.fakes(np.arange(measurement.options.images))))
        reals = np.concatenate(list(measurement.real_batches()))
        return Result({"brightness": float(abs(fakes.mean() - reals.mean()))})

    monkeypatch.setitem(METRICS, "brightness", brightness)
    measurement = open_measurement(
        run, data=None, extractor=EXTRACTORS["random"](None, protocol="tensorflow"), options=Options(images=8)
    )
    record("brightness", measurement, run / "metrics.jsonl")
    (line,) = [json.loads(text) for text in (run / "metrics.jsonl").read_text().splitlines()]
    assert 0 < line["values"]["brightness"] < 255
    config = configuration.replace(configuration.TrainConfig(), metrics=("brightness",))
    configuration.check(config)
    with pytest.raises(InputError, match="--metrics darkness"):
        configuration.check(replace(config, metrics=("darkness",)))


# A fill operation: a config, a function, an entry of FILLS, and a command that has the config's flags.


def test_fill_operation_has_a_command_and_runs_on_folders(monkeypatch, tmp_path):
    import tyro

    from fill.__main__ import COMMANDS
    from fill.commands.drawings import FilesConfig, fill_files
    from fill.config import FillConfig
    from fill.image_folder import FILLS

    @dataclasses.dataclass(frozen=True)
    class FloodConfig(FillConfig):
        """Paint everything in one colour of the palette."""

        column: int = 0
        """Column of the palette's first row."""

    def flood(key, images, palette, config, ids):
        color = palette[0, config.column]
        return jnp.broadcast_to(color, (*images.shape[:-1], 3)), {}

    def command(
        source: tyro.conf.Positional[Path], config: FloodConfig = FloodConfig(), *, files: FilesConfig
    ) -> None:
        """Paint drawings in one colour."""
        fill_files(source, config, files, command="fill flood")

    monkeypatch.setitem(FILLS, FloodConfig, flood)
    monkeypatch.setitem(COMMANDS.members, "flood", command)
    image = np.full((16, 16, 1), 255, np.uint8)
    image[8] = 0
    write_image(tmp_path / "in" / "a.png", image)
    words = ["--palette", "#102030,#405060", "--column", "1", "--out", str(tmp_path / "out")]
    assert inkloop.main(["fill", "flood", str(tmp_path / "in"), *words]) == 0
    assert np.unique(read_image(tmp_path / "out" / "a.png").reshape(-1, 3), axis=0).tolist() == [[64, 80, 96]]


# A command: a function with annotations and a docstring, an entry of COMMANDS.


@pytest.mark.parametrize("package", ["data_prep", "gan", "animate", "fill"])
def test_command_has_flags_help_and_exit_codes(package, monkeypatch, capsys):
    import importlib

    def greet(*, name: str, times: int = 1) -> None:
        """Greet someone.

        Args:
            name: who.
            times: how often.
        """
        if times < 1:
            raise InputError(f"--times {times}: must be at least 1")
        print(" ".join(["hello", name] * times))

    module = importlib.import_module(f"{package}.__main__")
    commands = module.COMMANDS
    monkeypatch.setitem(commands.members, "greet", greet)
    if package == "animate":  # its table is made again at each start, from PATHS
        monkeypatch.setattr(module, "make_commands", lambda: commands)
    prog = package.replace("_", "-")
    assert inkloop.main([prog, "greet", "--name", "you", "--times", "2"]) == 0
    assert "hello you hello you" in capsys.readouterr().out
    assert inkloop.main([prog, "greet", "--name", "you", "--times", "0"]) == 2
    assert inkloop.main([prog, "--help"]) == 0
    assert "Greet someone." in capsys.readouterr().out
