"""Line drawings -> coloured images: exact, batched, on the device.

The public names below are imported on first use; `import fill` loads no jax.
"""

from typing import TYPE_CHECKING

from data_prep.lazy_imports import publish

if TYPE_CHECKING:
    from fill.blend import blend
    from fill.components import label_regions
    from fill.compose import invert, over, rgba, tint
    from fill.lines import nearest_region
    from fill.pipeline import fill_blob
    from fill.specimen import fill_spec
    from fill.symmetry import mirror_orbits

PUBLIC = {
    "blend": "fill.blend",
    "fill_blob": "fill.pipeline",
    "fill_spec": "fill.specimen",
    "invert": "fill.compose",
    "label_regions": "fill.components",
    "mirror_orbits": "fill.symmetry",
    "nearest_region": "fill.lines",
    "over": "fill.compose",
    "rgba": "fill.compose",
    "tint": "fill.compose",
}
publish(__name__, PUBLIC)
