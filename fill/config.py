"""What a fill can be told. Free of jax, so that the door may show it."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class BlobConfig:
    """Colour for a continuous web of lines."""

    threshold: int = 160
    """Luminance above which a pixel is paper, 0 to 254."""
    overlay: bool = False
    """Colour each region with the mean of the palette under it, not with a pixel drawn at random."""
    blend: bool = False
    """Soften the edges between colours by a 3 x 3 mean."""
