"""`dedupe`: find duplicate images in a folder."""

import dataclasses
from pathlib import Path

from tyro.conf import Positional

from configs.data_prep import CONFIGS
from data_prep import images, outputs
from data_prep.checksums import crc_of_file, fingerprint
from data_prep.progress import Failures, counted, progress
from data_prep.sources import dedupe as deduping
from data_prep.sources.dedupe import REPORT, SHEET, DedupeConfig
from data_prep.workers import check_workers, default_workers


def dedupe(
    source: Positional[Path],
    out: Path,
    config: DedupeConfig = CONFIGS["dedupe"],
    aside: Path | None = None,
    apply: bool = False,
    workers: int | None = None,
    overwrite: bool = False,
) -> None:
    """Find equal and nearly equal images; check the report, then run again with --apply to move them aside.

    Of a pair the larger image stays, else the first. Nothing is deleted; links and their targets stay.

    Args:
        source: Folder of images, including sub-folders.
        out: Folder for report.json and pairs.png.
        aside: Folder to which duplicates are moved; default: SOURCE-duplicates.
        apply: Move the duplicates.
        workers: Number of processes; default: one per core. Does not affect the result.
        overwrite: Replace an earlier result in --out.
    """
    count = default_workers() if workers is None else workers
    check_workers(count)
    deduping.check(config)
    failures = Failures("image")
    target = source.resolve().with_name(f"{source.resolve().name}-duplicates") if aside is None else aside
    paths = deduping.list_names(source, target, out, resume=not overwrite)
    with progress(len(paths), unit="img", label="inspect") as bar:
        crcs = []
        for name, path in paths.items():
            crcs.append((name, crc_of_file(path)))
            bar.update()
    images.check_some_readable(paths.values(), max_megapixels=config.max_megapixels)
    settings = dataclasses.asdict(config) | {"inputs": fingerprint(crcs)}
    with outputs.work(out, command="data-prep dedupe", settings=settings, source=source, overwrite=overwrite):
        if (out / REPORT).is_file() and not overwrite:
            pairs, left_out = deduping.read_report(out)
            for name, reason in left_out.items():
                failures(name, reason)
        else:
            with progress(len(paths), unit="img", label="dedupe") as bar:
                hashed = deduping.hash_all(paths, config, workers=count, report=failures, on_image=bar.update)
            facts = {"source": str(source)} | settings | {"left_out": failures.reasons}
            pairs = deduping.write_report(out, paths, hashed, config=config, facts=facts)
        exact = sum(pair.exact for pair in pairs)
        found = counted(len(pairs), "duplicate")
        print(f"{out / REPORT}  {found} among {counted(len(paths), 'image')}, {exact} exact")
        if pairs:
            print(f"{out / SHEET}  pairs, most different first: the image that stays, its duplicate")
        if pairs and apply:
            with progress(len(pairs), unit="img", label="move") as bar:
                moved = deduping.move_aside(pairs, source, target, report=failures, on_image=bar.update)
            print(f"{target}  {counted(moved, 'duplicate')}, moved out of {source}")
        failures.leave()
