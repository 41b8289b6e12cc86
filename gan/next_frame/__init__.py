"""Next-frame models: pairs of frames of tagged clips, their training, measurement and continuations."""
