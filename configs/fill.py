"""Fill presets: CONFIGS by command, TINY for tests, and the named palettes."""

import dataclasses

from fill.config import BlobConfig, FillConfig, SpecConfig, VideoConfig
from fill.strokes.config import SheetConfig, TraceConfig

# Webs of lines. Paper above luminance 160 keeps thin antialiased lines closed: their outer, half-covered
# pixels still count as ink. 1024 x 1024 px take about 11 ms on one CPU core, 6 on two; PNG coding longer.
BLOB = BlobConfig()
# Symmetric specimens, one per image. Paper above luminance 208 keeps the grey tones of engravings in the ink;
# a 64th of the side is margin, where neighbours may show.
SPEC = SpecConfig()
# Videos. A region that is absent for up to 15 frames, half a second, gets its colour back: lines that break
# and close.
VIDEO = VideoConfig()

# Strokes. Curves within 0.3 px of the centre line: a tenth of the width of a thin pen at 300 dpi. Side
# branches shorter than half the width of their line are bumps of its edge.
TRACE = TraceConfig()
# One pen, at the size of the scan.
SHEET = SheetConfig()

CONFIGS: dict[str, FillConfig] = {"blob": BLOB, "spec": SPEC, "film": VIDEO}
TINY: dict[str, FillConfig] = {  # filling has no size of its own: the option that is off by default
    name: dataclasses.replace(config, blend=True) for name, config in CONFIGS.items()
}

# Hex colours; one that is listed twice is drawn twice as often.
PALETTES: dict[str, tuple[str, ...]] = {
    "harbor": (  # deep water, sails and rust: the default
        *("#0f2a3d", "#1d4e63", "#2f7f86", "#7fb7a8"),
        *("#f3ead3", "#f0c987", "#e08e45", "#c2452d", "#7a1f2b"),
    ),
    "meadow": ("#1f3b2c", "#3f6b3a", "#86a84b", "#d4c95a", "#f6efd0", "#e7a4b0", "#b8517a", "#5a3567"),
    "stained-glass": ("#101828", "#1f3fa8", "#1b8fb3", "#1e8a4c", "#f2c230", "#ef7d22", "#c81d3c", "#6b1f7c"),
    "ink": ("#000000", "#2b2b2b", "#5c5c5c", "#8f8f8f", "#c4c4c4", "#ffffff"),
}
DEFAULT_PALETTE = "harbor"
