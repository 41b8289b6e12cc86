"""`gan import`: a network of another trainer -> a run folder."""

import sys
from pathlib import Path

import tyro

from data_prep import outputs


def import_network(file: tyro.conf.Positional[Path], *, out: Path, overwrite: bool = False) -> None:
    """Import a StyleGAN2 snapshot of PyTorch (.pkl) as a run folder, without executing anything in it.

    A snapshot without D gives a generator to sample, animate and project with; training needs one with D.
    Supported: generators of architecture skip and discriminators of architecture resnet or orig, as the
    trainers' own configurations create them, of any widths. StyleGAN3 is not supported.

    Args:
        file: a .pkl of stylegan2-ada-pytorch, or of stylegan3's code with its stylegan2 configuration.
        out: run folder: the averaged generator for sample and animate, and all networks for --init-from.
        overwrite: replace another import in --out.
    """
    from configs.gan import CONFIGS
    from gan.imports.imported_run import content_hash, flags, parameters, read_networks, write_run

    imported, content, auto = read_networks(file), content_hash(file), CONFIGS["auto"]
    settings = {"content": content}
    with outputs.work(
        out, command="gan import", settings=settings, source=file, overwrite=overwrite
    ) as claimed:
        if claimed == "done":
            print(f"{out}/generator  already done")
            return
        config = write_run(out, imported, source=file.resolve(), content=content, like=auto)
    height, width, channels = imported.shape
    found = [(name, imported.params.get(key)) for name, key in (("G", "G_ema"), ("D", "D"))]
    counts = [f"{name} {parameters(params):,}" for name, params in found if params is not None]
    print(
        f"{out}/generator  stylegan2, {height} x {width} px, channels {channels}, "
        f"classes {imported.num_classes}, parameters {', '.join(counts)}"
    )
    if imported.ignored:
        print(f"not read: {', '.join(imported.ignored)}", file=sys.stderr)
    if "D" not in imported.params:
        print("the snapshot has no D: sample, animate and project work, training does not", file=sys.stderr)
        return
    words = ["inkloop gan train auto --data DATASET --run NEW --init-from", str(out), *flags(config, auto)]
    print(f"continue training: {' '.join(words)}", file=sys.stderr)
    print(
        "to keep the snapshot's minibatch groups, add --minibatch-order strided; it excludes gradient "
        "accumulation",
        file=sys.stderr,
    )
