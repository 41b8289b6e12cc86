"""The door: `inkloop fill blob|spec|film SOURCE --out OUT`."""

import sys
from collections.abc import Sequence

from data_prep import cli
from fill.commands.drawings import blob, spec
from fill.commands.film import film

app = cli.open_door({"blob": blob, "spec": spec, "film": film})


def main(args: Sequence[str] | None = None) -> int:
    """Run `inkloop fill ARGS...`; returns the exit code."""
    return cli.run(app, prog="inkloop fill", description="Line drawings -> coloured drawings.", args=args)


if __name__ == "__main__":
    sys.exit(main())
