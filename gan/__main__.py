"""The command line of gan: `python -m gan COMMAND`."""

import sys
from collections.abc import Sequence

from data_prep import cli
from gan.commands.curves import curves
from gan.commands.directions import directions
from gan.commands.distance import distance
from gan.commands.dream import dream
from gan.commands.export_run import export_run
from gan.commands.import_network import import_network
from gan.commands.metrics import metrics
from gan.commands.mix import mix
from gan.commands.nearest import nearest
from gan.commands.next_frame_generate import next_frame_generate
from gan.commands.next_frame_test import next_frame_test
from gan.commands.next_frame_train import next_frame_train
from gan.commands.plan import PLAN
from gan.commands.project import project
from gan.commands.reconstruct import reconstruct
from gan.commands.sample import sample
from gan.commands.sweep import SWEEP
from gan.commands.train import TRAIN

NEXT_FRAME = cli.Commands(
    {"train": next_frame_train, "test": next_frame_test, "generate": next_frame_generate},
    description="Predict the next frame of a clip, conditioned on a page of a comic.",
)
COMMANDS = cli.Commands(
    {
        "train": TRAIN,
        "sweep": SWEEP,
        "plan": PLAN,
        "sample": sample,
        "metrics": metrics,
        "curves": curves,
        "import": import_network,
        "project": project,
        "directions": directions,
        "reconstruct": reconstruct,
        "mix": mix,
        "dream": dream,
        "nearest": nearest,
        "distance": distance,
        "export": export_run,
        "next-frame": NEXT_FRAME,
    },
    description="Train a generator on a dataset of tiles or pages; sample, measure and explore it.",
)


def main(args: Sequence[str] | None = None) -> int:
    """Run `inkloop gan ARGS...`; returns the exit code."""
    return cli.run(COMMANDS, prog="inkloop gan", args=args)


if __name__ == "__main__":
    sys.exit(main())
