"""`animate flight`: a camera that flies over the endless drawing of a generator."""

from pathlib import Path

import tyro

from animate.commands.render_options import read_fill
from animate.config import OutputConfig, check_seed
from animate.flight_config import FlightConfig
from configs.animate import FLIGHT
from data_prep.progress import print_note, progress
from gan.canvas.mask_config import MaskConfig

NO_MASK = MaskConfig()
Masked = tyro.conf.OmitArgPrefixes[MaskConfig]


def flight(
    run: tyro.conf.Positional[Path],
    output: OutputConfig,
    config: FlightConfig = FLIGHT,
    *,
    masked: Masked = NO_MASK,
    seed: int = 0,
) -> None:
    """Fly over an endless drawing: pan, turn and zoom. For networks of family field.

    The drawing is that of `inkloop gan sample --canvas` with the same seed, which is the first frame; the
    vector of each cell is found by its coordinates, so the plane has no edge. It is drawn once, in tiles, and
    each frame is a photograph of it: exact where the camera is at a whole pixel, else by cubic interpolation,
    and averaged over the area of a pixel where it is farther than zoom 1.

    A straight flight is endless: no place is seen twice. To loop, --close N lets the drawing repeat after N
    screens, or --course circle flies once around. Frames depend on their number only.

    Args:
        run: Run folder, or its generator/ folder.
        output: Video.
        config: The flight.
        masked: Variation in space.
        seed: Seed of the drawing, and of colours.
    """
    check_seed(seed)
    config.check()
    masked.check()
    output.check()
    palette = read_fill(output)

    from animate.flight import write_flight
    from gan.sample import load_generator

    made = write_flight(
        load_generator(run),
        config,
        output,
        seed=seed,
        masked=masked,
        palette=palette,
        note=print_note,
        progress=progress,
    )
    print(made)
