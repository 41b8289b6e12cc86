"""Images that the discriminator of a run scores as most real.

    inkloop gan dream RUN --out dreams

With drawings of 64 px, lines appear; photographs become smoother, and need a lower --total-variation. On a
network that had seen 12,000 traced membranes (family progan, 64 px) the score of noise rises from -4.4 to 3.8
with --plain, and the image is still noise; without --plain to 2.5, with strokes.
"""

from gan.explore.config import DreamConfig

CONFIG = DreamConfig()
