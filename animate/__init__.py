"""A trained generator -> latent paths -> frames -> films. Importing this package imports no jax.

The shop window; import from the files themselves:

    config     PathConfig and one config per style, FilmConfig;  keyframes_config: KeyframesConfig
    paths      PATHS: style -> (config type, function (key, config) -> latents)
    curves     ease, through, lerp, slerp, polyline, great_arcs, spline, bezier_loop, sine_loop, circle_loop
    walk       Walk, make_walk;  path_file: read_path, write_path
    w_space    to_w, mean_w, law_of_w;  keys: read_keys
    steer      read_steering, steered_walk, join_layers: layers, truncation and directions along a path
    speed      even_positions, thumbnails;  retrace: even_walk;  blocks: Blocks, latents made when looked at
    render     render(generator, latents, *, batch) -> iterator of uint8 [B, H, W, C]
    film       make_film(generator, walk, config) -> Film;  compose: compose_film
"""
