"""gan.augment: adaptive augmentation of the discriminator's input.

Public: `gan.augment.config.AugmentConfig`, `gan.augment.pipeline.augment`, and `gan.augment.control` with
`AdaState`, `initial`, `probability`,
`observe`, `adjust`. Importing this package imports no jax.

Images are [N, H, W, C] float32 in [-1, 1], C = 1, 3 or 4; p in [0, 1] is the probability of each single
transform. With p = 0 everything here is the identity, to rounding.

Source: Karras et al. 2020, "Training generative adversarial networks with limited data" ("the paper" in
this package), section 3 and appendix B.
"""
