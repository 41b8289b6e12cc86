"""The door: `inkloop animate STYLE RUN --out FILM`, and what goes with films and paths."""

import sys
from collections.abc import Callable, Sequence

from animate.commands.compose import compose
from animate.commands.paths import path_command, plot
from animate.commands.render import render, style_command, timeline
from animate.commands.sheets import explore, summary
from configs.animate import CONFIGS
from data_prep import cli

PROG, DESCRIPTION = "inkloop animate", "A generator -> latent walks -> films."


def _commands(style: str) -> dict[str, Callable[..., None]]:
    """All commands; `path` has the flags of one style."""
    commands: dict[str, Callable[..., None]] = {style: style_command(style) for style in CONFIGS}
    return commands | {
        "render": render,
        "timeline": timeline,
        "path": path_command(style),
        "plot": plot,
        "compose": compose,
        "explore": explore,
        "summary": summary,
    }


app = cli.open_door(_commands("bezier"))


def main(args: Sequence[str] | None = None) -> int:
    """Run `inkloop animate ARGS...`; returns the exit code."""
    args = list(sys.argv[1:] if args is None else args)
    style = next((word for word in args[1:] if word in CONFIGS), None) if args[:1] == ["path"] else None
    room = app if style is None else cli.open_door(_commands(style))
    return cli.run(room, prog=PROG, description=DESCRIPTION, args=args)


if __name__ == "__main__":
    sys.exit(main())
