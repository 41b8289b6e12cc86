"""`gan train draw`: doodles -> a run folder with a trained DRAW model."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import tyro

from data_prep.cli import ParseAgain
from data_prep.progress import print_note, progress
from gan.config.draw import DrawConfig


def train_draw_command(default: DrawConfig, *, is_saved: bool = False) -> Callable[..., None]:
    """`gan train PRESET` with the values of `default`: those of a preset of DRAW, or of a saved run."""

    def train(
        config: Annotated[DrawConfig, tyro.conf.arg(name="")] = default,
        *,
        data: Path,
        run: Path,
    ) -> None:
        """Train DRAW, which draws doodles in glimpses; the same command again resumes.

        Flags that a resumed run does not repeat keep the run's values. The log has both terms of the bound
        in nats, also of held-out doodles.

        Args:
            config: every field is a flag; the run folder stores them.
            data: dataset folder from data-prep doodles or pack: grey images of up to 128 px.
            run: run folder: config, log, samples, checkpoints and the model.
        """
        from gan.training import saved_training, train_draw

        if not is_saved and (saved := saved_training(run, default=default)) is not None:
            raise ParseAgain(train_draw_command(saved, is_saved=True))
        print(train_draw(config, data, run, progress=progress, note=print_note))

    return train
