"""What adversarial training changes against collapse: stronger gradient penalties of the discriminator.

A collapse to blank paper or to one layout follows a discriminator that separates reals from fakes far from
the data, and so gives no direction; a gradient penalty bounds its slope there.

Source: Mescheder et al. 2018, "Which training methods for GANs do actually converge?", section 4.1; Huang et
al. 2024, "The GAN is dead; long live the GAN!", section 2 (relativistic losses need R2 as well).
"""

from typing import Any

from gan.config import TrainConfig, replace
from gan.config_fields import number

FACTOR = 3.0
LEAST_GAMMA = 1.0  # what is multiplied where gamma is less
GOOD_GAMMA = 10.0


def with_stronger_penalties(config: TrainConfig, *, times: int) -> TrainConfig:
    """The config with R1's gamma (1 where it is less) times 3^times, and all other gammas in proportion.

    With the relativistic loss and without R2, R2 is turned on, at the weight of R1. 0 times is the config
    itself. `config` is resolved; only fields change that a resumed run may change.
    """
    if times == 0:
        return config
    loss = config.loss
    before = number(loss.r1_gamma)
    after = max(before, LEAST_GAMMA) * FACTOR**times
    ratio = after / before if before else 1.0
    changed: dict[str, Any] = {"r1_gamma": after}
    if loss.r1_gamma_final is not None:
        changed["r1_gamma_final"] = number(loss.r1_gamma_final) * ratio
    if loss.r2_gamma != "same" and loss.r2_gamma > 0:
        changed["r2_gamma"] = loss.r2_gamma * ratio
    elif loss.loss == "relativistic":
        changed["r2_gamma"] = "same"
    return replace(config, **changed)


def advice(config: TrainConfig) -> str:
    """What to change in a new run, for a message."""
    gamma = number(config.loss.r1_gamma)
    words = [f"raise --r1-gamma (now {gamma:g}) to {max(GOOD_GAMMA, FACTOR * gamma):g}"]
    if config.loss.loss != "relativistic" or config.loss.r2_gamma == 0:
        words.append("set --loss relativistic --r2-gamma same")
    if config.family != "field":
        words.append("use a preset of family field for drawings without an up or a centre")
    return ", or ".join(words)
