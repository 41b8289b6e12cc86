"""gan: ArrayRecord shards -> batches -> a trained generator. Flax linen behind pure functions, sharded.

Public: `gan.families.FAMILIES`, `gan.step.train_step`, `gan.sample.load_generator`, `gan.latents`,
`gan.metrics`. Importing this package imports no jax, so that the door opens at once.
"""
