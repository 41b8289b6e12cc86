"""What a run's discriminator looks for.

    inkloop gan dream RUN --out dreams

Of drawings of 64 px lines appear; photographs end smoother, and take a lower --total-variation. On a network
that had seen 12,000 traced membranes (family progan, 64 px) the score of noise rises from -4.4 to 3.8 with
--plain, and what is seen is noise still; without --plain to 2.5, with strokes.
"""

from gan.explore.dream_config import DreamConfig

CONFIG = DreamConfig()
