"""Seeded weights for FID's network, by their published names."""

import numpy as np

from gan.metrics import inception


def random_state() -> dict[str, np.ndarray]:
    """A state dict in PyTorch's layout, seeded, whose activations neither die nor explode."""
    rng = np.random.default_rng(0)
    state = {}
    for path, shape in inception.shapes().items():
        name = ".".join(path[:-1])
        if path[-1] == "kernel":
            h, w, i, o = shape
            state[f"{name}.conv.weight"] = rng.normal(0, (2 / (h * w * i)) ** 0.5, (o, i, h, w))
            state[f"{name}.bn.weight"] = rng.uniform(0.8, 1.2, o)
            state[f"{name}.bn.bias"] = rng.normal(0, 0.2, o)
            state[f"{name}.bn.running_mean"] = rng.normal(0, 0.2, o)
            state[f"{name}.bn.running_var"] = rng.uniform(0.5, 1.5, o)
            state[f"{name}.bn.num_batches_tracked"] = np.array(0)
    state |= {"fc.weight": np.zeros((1008, 2048)), "fc.bias": np.zeros(1008)}
    return {name: a.astype(np.int64 if a.ndim == 0 else np.float32) for name, a in state.items()}
