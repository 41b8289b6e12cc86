"""Latents of images and clips.

    inkloop gan project RUN drawing.png clip.mp4 --out found

Results on real drawings, photos and clips: benchmarks/README.md, "Training quality". On 2 CPU cores, 16
images of 64 px take 7 steps per second together, 8 frames of a clip 15.
"""

from gan.projection.config import ProjectionConfig

CONFIG = ProjectionConfig()
