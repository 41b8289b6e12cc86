"""Truncation, layer-wise paths and directions along a latent path."""
