"""Centre lines of drawings: strokes with widths, as Bezier curves in SVG. On the host, without jax."""
