"""Scans -> pages -> tiles -> ArrayRecord shards; image and video files in and out. NumPy on the host.

The shop window; import from the files themselves:

    images      list_images, read_header, read_image, write_image, to_float, to_uint8
    video       read_video, write_video, video_info, read_metadata
    grid        Grid, cell_px, tile_centers
    blob_tiles  cut_tile, blob_tiles
    specimens   specimen_grid: find_paper, find_specimens
    symmetries  symmetries, inverse
    strokes     render_strokes
    records     write_dataset;  dataset: Dataset
"""
