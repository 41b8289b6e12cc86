"""`animate STYLE`: a generator and the path of a style -> a video."""

from collections.abc import Callable
from pathlib import Path

import tyro

from animate.commands.render_options import CONTROLS, Controlled, render_options
from animate.config import PathConfig, VideoConfig, check_seed
from animate.layout_config import LayoutConfig
from gan.canvas.mask_config import MaskConfig

ONE_IMAGE = LayoutConfig()
NO_MASK = MaskConfig()


def style_command(style: str, preset: PathConfig) -> Callable[..., None]:
    """The command `animate STYLE`, whose flags are the fields of its config."""

    def command(
        run: tyro.conf.Positional[Path],
        video: VideoConfig,
        config: PathConfig = preset,
        *,
        seed: int = 0,
        controls: Controlled = CONTROLS,
        layout: tyro.conf.OmitArgPrefixes[LayoutConfig] = ONE_IMAGE,
        masked: tyro.conf.OmitArgPrefixes[MaskConfig] = NO_MASK,
    ) -> None:
        from animate.pipeline import render_style
        from gan.sample import load_generator

        check_seed(seed)
        layout.check()
        masked.check()
        options = render_options(video, controls) | {"layout": layout, "masked": masked}
        print(render_style(load_generator(run), style, config, video, seed=seed, **options))

    command.__annotations__["config"] = type(preset)  # tyro derives the style's flags from it
    command.__doc__ = f"""{type(preset).__doc__}

    Args:
        run: Run folder, or its generator/ folder.
        seed: Seed of all random numbers.
        controls: Layers, truncation, direction and class along the path.
        layout: What a frame shows.
        masked: Variation in space, with --canvas.
    """
    return command
