"""`gan import`: a network of another trainer -> a run folder of ours."""

import sys
from pathlib import Path

import tyro

from data_prep import outputs


def import_network(file: tyro.conf.Positional[Path], *, out: Path, overwrite: bool = False) -> None:
    """A StyleGAN2 snapshot of PyTorch (.pkl) as a run folder, read without running anything in it.

    Args:
        file: a .pkl of stylegan2-ada-pytorch, or of stylegan3's code with its stylegan2 configuration.
        out: run folder: the averaged generator for sample and animate, and all networks for --init-from.
        overwrite: replace another import in --out.
    """
    from configs.gan import CONFIGS
    from gan.imports.imported_run import content_hash, parameters, read_networks, write_run

    imported = read_networks(file)
    settings = {"content": content_hash(file)}
    claimed = outputs.claim(out, command="gan import", settings=settings, overwrite=overwrite, source=file)
    if claimed == "done":
        print(f"{out}/generator  already done")
        return
    auto = CONFIGS["auto"]
    config = write_run(out, imported, source=file.resolve(), like=auto)
    outputs.mark_done(out)
    height, width, channels = imported.shape
    counts = [f"{name} {parameters(imported.params[key]):,}" for name, key in (("G", "G_ema"), ("D", "D"))]
    print(
        f"{out}/generator  stylegan2, {height} x {width} px, channels {channels}, "
        f"classes {imported.num_classes}, parameters {', '.join(counts)}"
    )
    fields = "z_dim w_dim mapping_layers channel_base channel_max discriminator_clamp class_layers"
    flags = [
        f"--{field.replace('_', '-')} {getattr(config.network, field)}"
        for field in fields.split()
        if getattr(config.network, field) != getattr(auto.network, field)
    ]
    flags += ["--conditional"] * (imported.num_classes > 0)
    words = " ".join(["inkloop gan train auto --data DATASET --run NEW --init-from", str(out), *flags])
    print(f"train it further: {words}", file=sys.stderr)
