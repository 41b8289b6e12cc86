"""The door of gan: `python -m gan COMMAND`."""

import sys
from collections.abc import Callable, Sequence

from data_prep import cli
from data_prep.errors import InputError
from gan.commands.curves import curves
from gan.commands.directions import directions
from gan.commands.distance import distance
from gan.commands.dream import dream
from gan.commands.export_run import export_run
from gan.commands.import_network import import_network
from gan.commands.metrics import metrics
from gan.commands.mix import mix
from gan.commands.nearest import nearest
from gan.commands.plan import plan_command
from gan.commands.project import project
from gan.commands.sample import sample
from gan.commands.train import train_command, train_default
from gan.config import TrainConfig

PROG, DESCRIPTION = "inkloop gan", "Train a generator on a dataset of tiles or pages; sample it."


def _commands(default: TrainConfig) -> dict[str, Callable[..., None]]:
    return {
        "train": train_command(default),
        "plan": plan_command(default),
        "sample": sample,
        "metrics": metrics,
        "curves": curves,
        "import": import_network,
        "project": project,
        "directions": directions,
        "mix": mix,
        "dream": dream,
        "nearest": nearest,
        "distance": distance,
        "export": export_run,
    }


app = cli.open_door(_commands(TrainConfig()))


def main(args: Sequence[str] | None = None) -> int:
    """Run one command of this room; returns the exit code."""
    args = list(sys.argv[1:] if args is None else args)
    room = app
    if args[:1] in (["train"], ["plan"]) and len(args) > 1:
        try:
            room = cli.open_door(_commands(train_default(args[1:])))
        except InputError as error:
            print(f"{PROG}: {error}", file=sys.stderr)
            return 2
    return cli.run(room, prog=PROG, description=DESCRIPTION, args=args)


if __name__ == "__main__":
    sys.exit(main())
