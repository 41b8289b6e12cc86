"""Find specimens on pages (ink, connected components, lattice) and cut a tile of each."""
