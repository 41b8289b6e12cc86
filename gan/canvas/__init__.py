"""Canvases: drawings of any size by networks of family `field`, which have no frame."""
