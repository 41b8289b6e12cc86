"""What a run's discriminator looks for.

    inkloop gan dream RUN --out dreams

Of drawings of 64 px lines appear; photographs end smoother, and take a lower --total-variation.
"""

from gan.dream_config import DreamConfig

CONFIG = DreamConfig()
