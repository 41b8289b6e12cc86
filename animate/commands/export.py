"""`inkloop export page`: a run -> a web page that plays it; `inkloop export runtime`: what pages need."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import tyro

from animate.page.config import PageConfig
from data_prep import cli


def page(
    run: tyro.conf.Positional[Path],
    path: Annotated[Path | None, tyro.conf.Positional] = None,
    *,
    out: Path,
    config: tyro.conf.OmitArgPrefixes[PageConfig] = PageConfig(),  # noqa: B008
    overwrite: bool = False,
) -> None:
    """Export a generator as a web page that plays an endless animation, drawn in the browser.

    The folder works on any static web server, offline and inside an iframe. For families progan, stylegan2
    and field; of the latter the page draws a canvas that fills the window.

    Args:
        run: run folder, or its generator folder.
        path: path file (.npz) made for this run, which the page starts with.
        out: folder of the page.
        config: what the page starts with.
        overwrite: replace a page with other settings.
    """
    from animate.page.site import export_page
    from animate.paths.path_file import read_path
    from gan.sample import load_generator

    config.check()
    generator = load_generator(run)
    site = export_page(
        generator,
        out,
        config=config,
        name=run.resolve().name,
        path=None if path is None else read_path(path),
        path_name=str(path),
        source=(run,) if path is None else (run, path),
        overwrite=overwrite,
    )
    print(site)


def runtime(package: Annotated[Path | None, tyro.conf.Positional] = None) -> None:
    """Get the files of onnxruntime-web that exported pages need, once, with npm; its hash is checked.

    Args:
        package: the downloaded npm package (.tgz), where there is no npm.
    """
    from animate.page.runtime import get_runtime

    for file in get_runtime(package):
        print(f"{file}  {file.stat().st_size:,} bytes")


EXPORT = cli.Commands(
    {"page": page, "runtime": runtime},
    description="Take a generator out of inkloop: a web page that plays it.",
)
COMMANDS = cli.Commands({"export": EXPORT}, description="")


def main(args: Sequence[str] | None = None) -> int:
    """Run `inkloop export ARGS...`; returns the exit code."""
    words = sys.argv[1:] if args is None else args
    return cli.run(COMMANDS, prog="inkloop", args=["export", *words])


if __name__ == "__main__":
    sys.exit(main())
