"""The run folder: config, checkpoints, log, transferred weights, files of latents and directions."""
