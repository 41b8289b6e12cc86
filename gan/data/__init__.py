"""Real images for training: records or tiles cut live from pages, shuffled, sharded and batched."""
