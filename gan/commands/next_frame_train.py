"""`gan next-frame train`: tagged videos and a generator -> the run folder of a next-frame model."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import tyro

from configs.gan.next_frame import CONFIG
from data_prep.cli import ParseAgain
from data_prep.progress import print_note, progress
from gan.config.next_frame import NextFrameConfig


def next_frame_train_command(default: NextFrameConfig, *, is_saved: bool = False) -> Callable[..., None]:
    """`gan next-frame train` with the values of `default`: the preset, or a saved run."""

    def train(
        generator: tyro.conf.Positional[Path],
        videos: tyro.conf.Positional[tuple[Path, ...]],
        config: Annotated[NextFrameConfig, tyro.conf.arg(name="")] = default,
        *,
        tags: tuple[Path, ...],
        pages: tuple[Path, ...],
        run: Path,
        exclusions: Path | None = None,
        cuts: tuple[Path, ...] = (),
    ) -> None:
        """Train a model that predicts the next frame of a clip, conditioned on a page.

        The same command again resumes. Flags that a resumed run does not repeat keep the run's values.

        Args:
            generator: run folder of a GAN that was trained on frames of such videos.
            videos: videos to train on, except their last seconds.
            config: every field is a flag; the run folder stores them.
            tags: tags.json of each video, in the same order.
            pages: folder of pages, one for all videos or one for each.
            run: run folder: config, log, samples, checkpoints, projected frames and the model.
            exclusions: exclusions.json: ranges of frames that are left out.
            cuts: cuts.json of each video; default: cuts are detected.
        """
        from gan.next_frame.episodes import sources_of
        from gan.next_frame.training import saved_next_frame, train_next_frame

        if not is_saved and (saved := saved_next_frame(run)) is not None:
            raise ParseAgain(next_frame_train_command(saved, is_saved=True))
        sources = sources_of(videos, tags=tags, pages=pages, exclusions=exclusions, cuts=cuts)
        print(train_next_frame(config, generator, sources, run, progress=progress, note=print_note))

    return train


next_frame_train = next_frame_train_command(CONFIG)
