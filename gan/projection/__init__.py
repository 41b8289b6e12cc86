"""Projection: find the latents of images and clips."""
