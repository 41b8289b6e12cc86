"""`gan import`: a network of another trainer -> a run folder of ours."""

import sys
from pathlib import Path

import tyro

from data_prep import outputs


def import_network(file: tyro.conf.Positional[Path], *, out: Path, overwrite: bool = False) -> None:
    """A StyleGAN2 snapshot of PyTorch (.pkl) as a run folder, read without running anything in it.

    Read are generators of architecture skip and discriminators of architecture resnet or orig, as the
    trainers' own configurations make them, of any widths. StyleGAN3 is not read.

    Args:
        file: a .pkl of stylegan2-ada-pytorch, or of stylegan3's code with its stylegan2 configuration.
        out: run folder: the averaged generator for sample and animate, and all networks for --init-from.
        overwrite: replace another import in --out.
    """
    from configs.gan import CONFIGS
    from gan.imports.imported_run import content_hash, flags, parameters, read_networks, write_run

    imported = read_networks(file)
    content = content_hash(file)
    settings = {"content": content}
    claimed = outputs.claim(out, command="gan import", settings=settings, overwrite=overwrite, source=file)
    if claimed == "done":
        print(f"{out}/generator  already done")
        return
    auto = CONFIGS["auto"]
    config = write_run(out, imported, source=file.resolve(), content=content, like=auto)
    outputs.mark_done(out)
    height, width, channels = imported.shape
    counts = [f"{name} {parameters(imported.params[key]):,}" for name, key in (("G", "G_ema"), ("D", "D"))]
    print(
        f"{out}/generator  stylegan2, {height} x {width} px, channels {channels}, "
        f"classes {imported.num_classes}, parameters {', '.join(counts)}"
    )
    train = ["inkloop gan train auto --data DATASET --run NEW --init-from", str(out), *flags(config, auto)]
    print(f"train it further: {' '.join(train)}", file=sys.stderr)
    print(
        "their minibatch groups, if they are wanted too: --minibatch-order strided; a batch is then worked "
        "off in one round",
        file=sys.stderr,
    )
