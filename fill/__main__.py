"""The command line of fill: `python -m fill blob|spec|film SOURCE --out OUT`."""

import sys
from collections.abc import Sequence

from data_prep import cli
from fill.commands.drawings import blob, spec
from fill.commands.film import film

COMMANDS = cli.Commands(
    {"blob": blob, "spec": spec, "film": film}, description="Colour line drawings, and videos of them."
)


def main(args: Sequence[str] | None = None) -> int:
    """Run `inkloop fill ARGS...`; returns the exit code."""
    return cli.run(COMMANDS, prog="inkloop fill", args=args)


if __name__ == "__main__":
    sys.exit(main())
