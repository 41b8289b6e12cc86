"""The command line of data_prep: `python -m data_prep COMMAND`."""

import sys
from collections.abc import Sequence

from data_prep import cli
from data_prep.commands.blob import blob
from data_prep.commands.dedupe import dedupe
from data_prep.commands.doodles import doodles
from data_prep.commands.grid import grid
from data_prep.commands.pack import pack
from data_prep.commands.photos import photos
from data_prep.commands.scans import scans
from data_prep.commands.spec import spec
from data_prep.commands.symmetries import symmetries
from data_prep.commands.unpack import unpack
from data_prep.commands.verify import verify

COMMANDS = cli.Commands(
    {
        "scans": scans,
        "grid": grid,
        "blob": blob,
        "spec": spec,
        "symmetries": symmetries,
        "doodles": doodles,
        "photos": photos,
        "dedupe": dedupe,
        "pack": pack,
        "verify": verify,
        "unpack": unpack,
    },
    description="Turn scans, photos and doodles into datasets of tiles.",
)


def main(args: Sequence[str] | None = None) -> int:
    """Run `inkloop data-prep ARGS...`; returns the exit code."""
    return cli.run(COMMANDS, prog="inkloop data-prep", args=args)


if __name__ == "__main__":
    sys.exit(main())
