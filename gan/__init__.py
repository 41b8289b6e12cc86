"""ArrayRecord shards -> batches -> a trained generator. Flax linen behind pure functions, sharded.

The public names below are imported on first use; `import gan` loads no jax.
"""

from typing import TYPE_CHECKING

from data_prep.lazy_imports import publish

if TYPE_CHECKING:
    from gan.config import TrainConfig
    from gan.data.reals import open_reals
    from gan.families import FAMILIES, build
    from gan.metrics import METRICS
    from gan.recipes.adversarial_state import TrainState
    from gan.sample import Generator, load_generator
    from gan.steps.step import train_step

PUBLIC = {
    "FAMILIES": "gan.families",
    "Generator": "gan.sample",
    "METRICS": "gan.metrics",
    "TrainConfig": "gan.config",
    "TrainState": "gan.recipes.adversarial_state",
    "build": "gan.families",
    "load_generator": "gan.sample",
    "open_reals": "gan.data.reals",
    "train_step": "gan.steps.step",
}
publish(__name__, PUBLIC)
