"""The door of data_prep: `python -m data_prep COMMAND`."""

import sys
from collections.abc import Callable, Sequence

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

DESCRIPTION = "Scans of drawings -> tiles -> shards of records."
COMMANDS: dict[str, Callable[..., None]] = {
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
}

app = cli.open_door(COMMANDS)


def main(args: Sequence[str] | None = None) -> int:
    """Run one command of the room; returns the exit code."""
    return cli.run(app, prog="inkloop data-prep", description=DESCRIPTION, args=args)


if __name__ == "__main__":
    sys.exit(main())
