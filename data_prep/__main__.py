"""The command line of data_prep: `python -m data_prep COMMAND`."""

import sys
from collections.abc import Sequence

from data_prep import cli
from data_prep.commands.blob import blob
from data_prep.commands.comic import comic
from data_prep.commands.cuts import cuts
from data_prep.commands.dedupe import dedupe
from data_prep.commands.doodles import doodles
from data_prep.commands.find import find
from data_prep.commands.frames import frames
from data_prep.commands.grid import grid
from data_prep.commands.pack import pack
from data_prep.commands.photos import photos
from data_prep.commands.scans import scans
from data_prep.commands.spec import spec
from data_prep.commands.symmetries import symmetries
from data_prep.commands.tags import tags
from data_prep.commands.unpack import unpack
from data_prep.commands.verify import verify
from data_prep.commands.video import index, reformat

VIDEO = cli.Commands({"index": index, "reformat": reformat}, description="Copy videos into one container.")
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
        "video": VIDEO,
        "frames": frames,
        "comic": comic,
        "find": find,
        "cuts": cuts,
        "tags": tags,
        "pack": pack,
        "verify": verify,
        "unpack": unpack,
    },
    description="Turn scans, photos, doodles, comics and videos into datasets.",
)


def main(args: Sequence[str] | None = None) -> int:
    """Run `inkloop data-prep ARGS...`; returns the exit code."""
    return cli.run(COMMANDS, prog="inkloop data-prep", args=args)


if __name__ == "__main__":
    sys.exit(main())
