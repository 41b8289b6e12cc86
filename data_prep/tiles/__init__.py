"""Tiles of pages without an orientation, and the eight symmetries of a tile."""
