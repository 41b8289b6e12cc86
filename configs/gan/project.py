"""Latents of pictures and clips.

    inkloop gan project RUN drawing.png clip.mp4 --out found

What it reached on real drawings, photos and clips: benchmarks/README.md, "Projection". On 2 CPU cores 16
pictures of 64 px take 7 steps a second together, 8 frames of a clip 15.
"""

from gan.projection.config import ProjectionConfig

CONFIG = ProjectionConfig()
