"""Specimens on a page: ink, connected components, the lattice they stand on, and a tile of each."""
