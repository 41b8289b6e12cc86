"""The command line of animate: `python -m animate STYLE RUN --out VIDEO`, and tools for videos and paths."""

import sys
from collections.abc import Sequence

from animate.commands.compose import compose
from animate.commands.paths import path_command, plot
from animate.commands.render import render, style_command, timeline
from animate.commands.sheets import explore, summary
from configs.animate import CONFIGS
from data_prep import cli

PATH = cli.Commands(
    {style: path_command(style) for style in CONFIGS},
    description="Write the latent path of a style to a file, without a generator.",
    noun="style",
    about={style: str(type(config).__doc__).split("\n", 1)[0] for style, config in CONFIGS.items()},
)
COMMANDS = cli.Commands(
    {style: style_command(style) for style in CONFIGS}
    | {
        "render": render,
        "timeline": timeline,
        "path": PATH,
        "plot": plot,
        "compose": compose,
        "explore": explore,
        "summary": summary,
    },
    description="Render videos along latent paths of a generator; a style is the path's shape.",
)


def main(args: Sequence[str] | None = None) -> int:
    """Run `inkloop animate ARGS...`; returns the exit code."""
    return cli.run(COMMANDS, prog="inkloop animate", args=args)


if __name__ == "__main__":
    sys.exit(main())
