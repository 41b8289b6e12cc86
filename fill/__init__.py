"""Line drawings -> coloured images, exact and batched, on the device.

The shop window; import from the files themselves. This package imports no jax, so that the door opens at
once.

    pipeline    fill_blob;  config: BlobConfig
    components  label_regions, region_areas
    lines       nearest_region
    palette     from_hex, draw_colors, mean_colors, resize
    shapes      paint
    blend       blend
    bitmap      luminance, paper
    compose     rgba, tint, invert, over
"""
