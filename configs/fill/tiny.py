"""The twin of `blob` for tests. Filling has no size of its own, so it only adds what is off by default."""

import dataclasses

from configs.fill import blob
from fill.config import BlobConfig

CONFIG: BlobConfig = dataclasses.replace(blob.CONFIG, blend=True)
