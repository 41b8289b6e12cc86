"""Random streams: the number that each kind of random draw folds into its key.

A stream's key is `jax.random.fold_in(key, stream)`. Numbers decide all random draws:
never change or reuse one.
"""

import enum


@enum.unique
class Stream(enum.IntEnum):
    """Streams of a run. All numbers differ, because the run's key can be the key of its seed (imported runs).

    Below 100: folded into the run's key (`state.key`). From 100: folded into `jax.random.key(seed)`.
    """

    DISCRIMINATOR_Z = 0  # latents and noise of the fakes in the discriminator's update
    GENERATOR_Z = 1  # latents and noise of the generator's update
    PATH_Z = 2  # latents, noise and directions of the path length penalty
    AUGMENT = 3  # augmentation: `AugmentStream` is folded into the result
    SYMMETRIES = 4  # random symmetries of real images
    CROPS = 5  # parts of real images that are trained on
    NEXT_FRAME_NOISE = 6  # noise on the latents that a next-frame model reads
    DRAW_NOISE = 7  # noise of the posteriors of training doodles
    DRAW_HELD_OUT_NOISE = 8  # the same of held-out doodles
    GRID_Z = 100  # latents of the sample grid
    SNAPSHOT_Z = 101  # latents of the distance measured at snapshots
    SNAPSHOT_NOISE = 102  # noise of these
    LIVE_TILES = 200  # poses of tiles cut from pages for training
    LIVE_PREVIEW = 201  # poses of tiles cut from pages for previews and metrics
    METRIC_Z = 300  # latents of generated images in `gan metrics`
    METRIC_NOISE = 302  # noise of these
    METRIC_PATHS = 301  # latent paths of the perceptual path length
    METRIC_BOUND = 303  # noise of the posteriors of held-out doodles
    PROJECTION_CANDIDATES = 400  # latents that a projection starts from
    PROJECTION_NOISE = 401  # noise added to w while projecting
    DIRECTIONS = 500  # latents that directions are computed from
    DREAM_SHIFTS = 600  # random shifts while dreaming
    VARIATIONS = 700  # noise of the posterior of seed images
    JITTER = 701  # pixels of a seed image that are changed
    CANVAS_CELLS = 800  # vectors of the cells of a canvas; row and column are folded into it


@enum.unique
class AugmentStream(enum.IntEnum):
    """Streams of augmentation, folded into the key of `Stream.AUGMENT`."""

    REAL = 0  # real images in the discriminator's update
    FAKE = 1  # generated images in the discriminator's update
    GENERATED = 2  # generated images in the generator's update
