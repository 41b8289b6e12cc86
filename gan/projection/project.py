"""Project the images and clips of a command into an output folder, which resumes."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import jax

from data_prep import outputs
from data_prep.errors import InputError
from data_prep.progress import Failures, Progress, Report, Warn, ignore, no_progress
from data_prep.video.sources import fingerprint, resampling
from gan.metrics.perceptual import Perceptual
from gan.projection.config import ProjectionConfig
from gan.projection.inputs import Clip, open_clip, read_all, sort_sources
from gan.projection.optimizer import Projector, check_generator
from gan.projection.outputs import ClipResult, ImagesResult, write_clip, write_images
from gan.sample import Generator

STEPS_PER_CALL = 25  # on GPUs; convolutions in loops are slow on CPU


@dataclasses.dataclass(frozen=True)
class ProjectionInputs:
    """Images and clips to project."""

    images: tuple[Path, ...]
    clips: tuple[Clip, ...]
    seconds: float | None  # of clips; None: all

    @property
    def files(self) -> list[Path]:
        """All files, images first."""
        return [*self.images, *(clip.path for clip in self.clips)]


@dataclasses.dataclass(frozen=True)
class ProjectResult:
    """Result of `project_inputs`."""

    folder: Path
    existed: bool  # all results were there
    images: ImagesResult | None
    clips: tuple[ClipResult, ...]


def open_inputs(
    sources: Sequence[Path],
    *,
    seconds: float | None = None,
    report: Report = ignore,
    warn: Warn = ignore,
) -> ProjectionInputs:
    """Sort images, folders of images and clips, and open the clips.

    Args:
        sources: files and folders.
        seconds: project only the first seconds of clips.
        report: called with each clip that cannot be read, and the reason.
        warn: called with what is changed about the frames of a clip.

    Raises: InputError: as `sort_sources`, as `open_clip` if no input is left, or there is nothing to project.
    """
    images, videos = sort_sources(sources)
    if not images and not videos:
        raise InputError("no images and no clips are named; add some after the run")
    clips: list[Clip] = []
    refused: dict[str, str] = {}
    for path in videos:
        try:
            clips.append(open_clip(path, seconds=seconds))
        except InputError as error:
            refused[path.name] = str(error)
    if refused and not images and not clips:
        raise InputError(next(iter(refused.values())))
    for name, reason in refused.items():
        report(name, reason)
    for message in filter(None, (resampling(clip.path) for clip in clips)):
        warn(message)
    return ProjectionInputs(tuple(images), tuple(clips), seconds)


def project_inputs(
    generator: Generator,
    perceptual: Perceptual,
    inputs: ProjectionInputs,
    out: Path,
    config: ProjectionConfig,
    *,
    descent_video: bool = False,
    compare_apart: bool = False,
    sources: Sequence[Path] = (),
    overwrite: bool = False,
    progress: Progress = no_progress,
    failures: Failures | None = None,
    warn: Warn = ignore,
    on_result: Callable[[ImagesResult | ClipResult], None] = lambda result: None,
) -> ProjectResult:
    """Find latents of a generator that reproduce images and clips; see `write_images` and `write_clip`.

    Args:
        generator: the network.
        perceptual: distance of images.
        inputs: images and clips.
        out: output folder.
        config: options of the optimisation.
        descent_video: also write a video of the optimisation of each batch of images.
        compare_apart: also project each frame of a clip independently.
        sources: further files that are read and must not be replaced: the run, weights.
        overwrite: replace other results in `out`.
        progress: opens a progress bar.
        failures: inputs that are left out; images that cannot be read are added.
        warn: called with what was changed about images on reading.
        on_result: called with each result when it is written.

    Raises: InputError: options that do not apply to the generator, no input can be read, or `out` holds
        something else.
        WorkError: the optimisation diverged.
    """
    config.check()
    check_generator(generator.family, generator.params, config, clips=bool(inputs.clips))
    settings = {
        "generator": generator.identity,
        "distance": perceptual.name,
        "sources": [fingerprint(path) for path in inputs.files],
        **dataclasses.asdict(config),
        "seconds": inputs.seconds,
        "videos": [descent_video, compare_apart],
    }
    failures = Failures() if failures is None else failures
    fitted = read_all(inputs.images, generator.shape, report=failures, warn=warn)
    if not fitted and not inputs.clips:
        raise InputError(next(iter(failures.values())))
    read = [*inputs.files, *sources]
    with outputs.work(
        out, command="gan project", settings=settings, source=read, overwrite=overwrite, failures=failures
    ) as state:
        if state == "done":
            return ProjectResult(out, True, None, ())
        per_call = 1 if jax.default_backend() == "cpu" else STEPS_PER_CALL
        projector = Projector(generator.family, generator.params, perceptual, config, per_call=per_call)
        images, clips = None, []
        if fitted:
            images = write_images(
                projector, generator, fitted, out, descent_video=descent_video, progress=progress
            )
            on_result(images)
        for clip in inputs.clips:
            clips.append(write_clip(projector, generator, clip, out, apart=compare_apart, progress=progress))
            on_result(clips[-1])
    return ProjectResult(out, False, images, tuple(clips))
