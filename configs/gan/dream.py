"""What a run's discriminator looks for.

    inkloop gan dream RUN --out dreams
"""

from gan.dream_config import DreamConfig

CONFIG = DreamConfig()
