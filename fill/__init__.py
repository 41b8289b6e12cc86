"""Line drawings -> coloured images, exact and batched, on the device.

The shop window; import from the files themselves. This package imports no jax, so that the door opens at
once.

    pipeline    fill_blob;  config: BlobConfig, SpecConfig, FilmConfig, PaletteConfig
    specimen    fill_spec, find_orbits, color_orbits;  axes: fit_axes;  symmetry: mirror_orbits
    film        track, color;  film_overlay: measure, sample;  coloring: prepare
    regions     find_regions;  gaps: label_behind_gaps;  components: label_regions, region_areas
    lines       nearest_region
    overlap     partners
    palette     from_hex, reduce_colors, draw_colors, mean_colors, resize
    shapes      paint;  ink: ink_layer;  blend: blend
    bitmap      luminance, paper;  cores: over_cores
    compose     rgba, tint, invert, over
"""
