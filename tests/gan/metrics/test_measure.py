"""A measurement: what it draws, what it keeps, and metrics whose answer is known."""

import dataclasses
import math

import jax
import numpy as np
import pytest

from data_prep.images import to_float
from gan.families import build
from gan.metrics import METRICS, defaults, standard_name
from gan.metrics.extractors import EXTRACTORS
from gan.metrics.features import position_features
from gan.metrics.frechet import frechet_distance
from gan.metrics.measure import Measurement, Options
from gan.metrics.variety import figures_of, relative
from gan.sample import load_generator, save_generator
from tests.gan.conftest import strokes

SHAPE = (8, 8, 1)
OPTIONS = Options(images=24, seed=3)


@dataclasses.dataclass
class Given:
    """Reals that are an array; counts how often they are read."""

    images: np.ndarray
    endless: bool = False
    looks: int = 0
    identity: str = "hash"
    classes: tuple[int, ...] = ()

    @property
    def image_shape(self):
        return self.images.shape[1:]

    @property
    def count(self):
        return math.inf if self.endless else float(len(self.images))

    def look(self, count, *, seed):
        self.looks += 1
        order = np.random.default_rng(seed).permutation(len(self.images))[:count]
        return iter(np.split(self.images[order], range(10, count, 10)))

    def labels(self, items, *, seed):
        return np.array(self.classes, np.int32)[items % len(self.classes)] if self.classes else None


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    from configs.gan.tiny import CONFIG

    run = tmp_path_factory.mktemp("run")
    config = dataclasses.replace(CONFIG, compute_dtype="float32")
    params = jax.jit(build(config, SHAPE).init_generator)(jax.random.key(4))
    save_generator(run, params, config=config, shape=SHAPE, nimg=77)
    return load_generator(run)


@pytest.fixture
def measurement(generator, tmp_path):
    def make(reals, **options):
        return Measurement(
            generator,
            reals,
            extractor=EXTRACTORS["random"](None),
            options=dataclasses.replace(OPTIONS, **options),
            cache=tmp_path / "cache",
        )

    return make


def test_fakes_are_items(measurement):
    """Image i is the same alone, in another batch, and among more."""
    reals = Given(strokes(30, 8))
    many = np.concatenate(list(measurement(reals, images=90).fakes(np.arange(90))))
    few = np.concatenate(list(measurement(reals).fakes(np.array([70, 2]))))
    np.testing.assert_array_equal(few, many[[70, 2]])
    other = np.concatenate(list(measurement(reals, seed=4).fakes(np.arange(2))))
    assert (other != many[:2]).any()


@pytest.mark.slow
def test_metrics_of_a_generator_against_its_own_images(measurement):
    """Reals that were generated: no distance, all covered, every image a copy."""
    own = np.concatenate(list(measurement(Given(strokes(9, 8))).fakes(np.arange(24))))
    m = measurement(Given(own))
    assert defaults(m) == [name for name in METRICS if name != "bound"]
    values = {name: METRICS[name](m).values for name in defaults(m)}
    assert abs(values["frechet"]["relative"]) < 1e-3  # roots of eigenvalues that should be 0
    assert values["kid"]["kid"] < 0  # each image stands on both sides, which only the sum across counts
    assert (values["precision-recall"]["precision"], values["precision-recall"]["recall"]) == (1, 1)
    assert values["nearest"]["median_ratio"] < 1e-3
    assert values["nearest"]["least_rms"] == 0
    assert values["variety"]["layout"] == pytest.approx(1)  # another order
    assert values["variety"]["nearest"] == pytest.approx(1)
    assert abs(values["frechet-by-position"]["relative"]) < 1e-2


def test_values_are_those_of_the_features(measurement):
    reals = strokes(40, 8)
    m = measurement(Given(reals))
    extract = EXTRACTORS["random"](None)
    fakes = np.concatenate(list(m.fakes(np.arange(24))))
    order = np.concatenate(list(Given(reals).look(40, seed=3)))
    expected = frechet_distance(extract(order), extract(fakes))
    found = METRICS["frechet"](m).values
    np.testing.assert_allclose(found["frechet"], expected, rtol=1e-6)
    np.testing.assert_allclose(found["relative"], expected / extract(order).var(0, ddof=1).mean(), rtol=1e-5)


@pytest.mark.slow
def test_variety_compares_as_many_fakes_as_reals(measurement):
    """The first of each, in the order of the measurement; what is known of the reals is read from a file."""
    for images, count in ((50, 30),):
        reals = Given(strokes(30, 8))
        m = measurement(reals, images=images)
        fakes = np.concatenate(list(m.fakes(np.arange(count))))
        order = np.concatenate(list(dataclasses.replace(reals).look(count, seed=3)))
        expected = relative(figures_of([fakes]), figures_of([order]))
        assert METRICS["variety"](m).values == {**expected._asdict(), "compared": count}
        looks = reals.looks
        distance = METRICS["frechet-by-position"](m).values["frechet_by_position"]
        both = (jax.jit(position_features)(to_float(images)) for images in (order, fakes))
        np.testing.assert_allclose(distance, frechet_distance(*both), rtol=1e-3)
        again = measurement(reals, images=images, truncation=0.5)
        assert again.real_set.figures == m.real_set.figures
        assert reals.looks == looks


def test_reals_are_read_once_and_kept_by_what_decides_them(measurement):
    reals = Given(strokes(30, 8))
    first = measurement(reals).real_features
    assert reals.looks == 1
    again = measurement(reals, images=9, truncation=0.5)
    np.testing.assert_array_equal(again.real_features, first)
    np.testing.assert_allclose(again.real_moments.covariance, np.cov(first.astype(float), rowvar=False))
    assert reals.looks == 1
    for other in (
        measurement(dataclasses.replace(reals, identity="other")),
        measurement(reals, seed=8),
        measurement(reals, real_images=20),
    ):
        before = other.reals.looks
        assert len(other.real_features) == other.real_count
        assert other.reals.looks == before + 1


def test_a_damaged_cache_is_made_again(measurement, tmp_path):
    reals = Given(strokes(30, 8))
    first = measurement(reals).real_features
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(kept.read_bytes()[:-100])
    np.testing.assert_array_equal(measurement(reals).real_features, first)
    assert reals.looks == 2


def test_how_many_reals(measurement):
    assert measurement(Given(strokes(30, 8))).real_count == 30
    assert measurement(Given(strokes(30, 8)), real_images=12).real_count == 12
    assert measurement(Given(strokes(30, 8)), real_images=99).real_count == 30
    assert measurement(Given(strokes(30, 8), endless=True)).real_count == 24
    assert measurement(Given(strokes(30, 8), endless=True), real_images=12).real_count == 12


def test_path_lengths_do_not_depend_on_how_many(measurement):
    reals = Given(strokes(9, 8))
    lengths = measurement(reals, images=70).path_lengths()
    assert lengths.shape == (70,)
    assert (lengths > 0).all()
    np.testing.assert_array_equal(measurement(reals, images=5).path_lengths(), lengths[:5])


def test_path_lengths_are_compiled_once_for_all_snapshots(generator, measurement):
    """A later snapshot has the same networks and other weights."""
    traces = []

    def counted(params, images):
        traces.append(images.shape)
        return images.reshape(len(images), -1)

    extractor = dataclasses.replace(EXTRACTORS["random"](None), apply=counted)
    reals, found = Given(strokes(9, 8)), []
    for scale in (1.0, 0.5):
        m = measurement(reals, images=5)
        family = dataclasses.replace(generator.family)
        params = jax.tree.map(lambda leaf, scale=scale: scale * leaf, generator.params)
        m.generator, m.extractor = dataclasses.replace(generator, family=family, params=params), extractor
        found.append(m.path_lengths())
    assert len(traces) == 2  # the two ends of a line
    assert (found[0] != found[1]).any()


@pytest.mark.parametrize("reading", [1, 2])
def test_reading_the_reals_again_can_be_ended(measurement, reading):
    """The sheet's two readings, with all features known: a bar that raises ends either."""
    m = measurement(Given(strokes(30, 8)))
    assert len(m.real_features) == 30
    assert len(m.fake_features) == 24
    readings = []

    class Left(Exception):
        pass

    class Bar:
        def __init__(self, total, *, unit, label):
            readings.append(label)

        def __enter__(self):
            return self

        def __exit__(self, *exc): ...

        def update(self, count):
            if len(readings) == reading:
                raise Left

    m._progress = Bar
    with pytest.raises(Left):
        METRICS["nearest"](m)
    assert readings == ["real images"] * reading


def test_standard_names_are_earned(measurement):
    """Only FID's network, the reference's protocol, whole thousands, untruncated, every real image."""

    def named(metric="frechet", *, identity="inception-tensorflow-0123", reals=None, **options):
        m = measurement(reals or Given(strokes(9, 8)), **options)
        m.extractor = dataclasses.replace(m.extractor, identity=identity)
        return standard_name(metric, m)

    assert named(images=50_000) == "fid50k_full"
    assert named("kid", images=10_000) == "kid10k_full"
    assert named("precision-recall", images=50_000) is None
    assert named(images=50_000, identity="random-1") is None
    assert named(images=50_000, identity="inception-pytorch-fid-0123") is None
    assert named(images=50_000, truncation=0.7) is None
    assert named(images=50_000, real_images=5) is None
    assert named(images=50_000, reals=Given(strokes(9, 8), endless=True)) is None
    assert named(images=1234) is None
