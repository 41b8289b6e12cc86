"""Tiles of pages without an up or a down, and the eight symmetries of a tile."""
