import dataclasses

import pytest

from data_prep.errors import InputError
from fill.strokes.config import OutputConfig, SheetConfig, TraceConfig

BAD = [
    (TraceConfig(), "threshold", 255),
    (TraceConfig(), "tolerance", 0.0),
    (TraceConfig(), "tolerance", float("nan")),
    (TraceConfig(), "spurs", -1.0),
    (TraceConfig(), "max_turn_deg", 91.0),
    (TraceConfig(), "min_ink_px", -1),
    (SheetConfig(), "dpi", 0.0),
    (SheetConfig(), "width_mm", -5.0),
    (SheetConfig(), "simplify", -0.1),
    (SheetConfig(), "pens", 0),
    (SheetConfig(), "pen_mm", 0.0),
    (SheetConfig(), "hatch_mm", 0.0),
    (SheetConfig(), "hatch_deg", 400.0),
    (OutputConfig("out"), "seed", -1),
    (OutputConfig("out"), "memory_frames", -1),
    (OutputConfig("out"), "max_megapixels", 0.0),
]


@pytest.mark.parametrize(("config", "field", "value"), BAD, ids=lambda v: str(v)[:20])
def test_invalid_values_name_their_flag(config, field, value):
    config.check()
    with pytest.raises(InputError, match=f"--{field.replace('_', '-')} "):
        dataclasses.replace(config, **{field: value}).check()


def test_the_size_of_a_pixel():
    assert SheetConfig(width_mm=200.0).mm_per_px(1000, file_dpi=72) == 0.2
    assert SheetConfig(dpi=254.0).mm_per_px(1000, file_dpi=72) == pytest.approx(0.1)
    assert SheetConfig().mm_per_px(1000, file_dpi=127.0) == pytest.approx(0.2)
    assert SheetConfig().mm_per_px(1000, file_dpi=None) == pytest.approx(25.4 / 300)
    with pytest.raises(InputError, match="pass one of them"):
        SheetConfig(dpi=300.0, width_mm=100.0).check()
