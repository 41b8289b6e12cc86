"""A trained generator -> latent paths -> frames -> films. Importing this package imports no jax.

The shop window; import from the files themselves:

    config     PathConfig and one config per style, FilmConfig
    paths      PATHS: style -> (config type, function (key, config) -> latents)
    curves     lerp, slerp, polyline, great_arcs, spline, bezier_chain, bezier_loop, sine_loop, circle_loop
    walk       Walk, make_walk;  path_file: read_path, write_path
    render     render(generator, latents, *, batch) -> iterator of uint8 [B, H, W, C]
    film       make_film(generator, walk, config) -> Film
"""
