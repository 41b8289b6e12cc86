"""The command line of animate: `python -m animate STYLE RUN --out VIDEO`, and tools for videos and paths."""

import sys
from collections.abc import Sequence

from animate.commands.compose import compose
from animate.commands.doodles import doodles
from animate.commands.drawing import drawing
from animate.commands.flight import flight
from animate.commands.lerp import lerp
from animate.commands.paths import path_command, plot
from animate.commands.render import render
from animate.commands.sheets import explore, summary
from animate.commands.style import style_command
from animate.commands.timeline import timeline
from animate.paths import PATHS
from configs.animate import CONFIGS
from data_prep import cli


def make_commands() -> cli.Commands:
    """All commands; those of the styles follow PATHS, with the values of CONFIGS where it has the style."""
    presets = {style: CONFIGS.get(style) or config_type() for style, (config_type, _) in PATHS.items()}
    path = cli.Commands(
        {style: path_command(style, preset) for style, preset in presets.items()},
        description="Write the latent path of a style to a file, without a generator.",
        noun="style",
        about={style: str(type(config).__doc__).split("\n", 1)[0] for style, config in presets.items()},
    )
    return cli.Commands(
        {style: style_command(style, preset) for style, preset in presets.items()}
        | {
            "render": render,
            "timeline": timeline,
            "flight": flight,
            "lerp": lerp,
            "doodles": doodles,
            "drawing": drawing,
            "path": path,
            "plot": plot,
            "compose": compose,
            "explore": explore,
            "summary": summary,
        },
        description="Render videos along latent paths of a generator; a style is the path's shape.",
    )


COMMANDS = make_commands()


def main(args: Sequence[str] | None = None) -> int:
    """Run `inkloop animate ARGS...`; returns the exit code."""
    return cli.run(make_commands(), prog="inkloop animate", args=args)


if __name__ == "__main__":
    sys.exit(main())
