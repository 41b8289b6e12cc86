"""The front door: `inkloop <room> <command>` and `inkloop demo`. Composes the rooms' doors, nothing else."""

import importlib
import sys
from collections.abc import Sequence

ROOMS = {  # command-line name -> (package, what it is for)
    "data-prep": ("data_prep", "scans -> pages -> tiles -> shards"),
    "gan": ("gan", "shards -> a trained generator"),
    "animate": ("animate", "a generator -> latent walks -> films"),
    "fill": ("fill", "line drawings -> coloured drawings"),
}
DESCRIPTION = "Scanned drawings in, endless animation out."


def main(args: Sequence[str] | None = None) -> int:
    """Run `inkloop ARGS...`; returns the exit code (0 done, 1 failed on the way, 2 could not start)."""
    args = list(sys.argv[1:] if args is None else args)
    if args and args[0].replace("_", "-") in ROOMS:
        package, _ = ROOMS[args[0].replace("_", "-")]
        return importlib.import_module(f"{package}.__main__").main(args[1:])
    if args == ["--version"]:
        return _version()
    if args and args[0] == "demo":
        return importlib.import_module("examples.demo").main(args[1:])
    if args and args[0].startswith("--tyro-"):
        return _completion(args)
    stream = sys.stdout if args in (["--help"], ["-h"]) else sys.stderr
    if args and stream is sys.stderr:
        print(f"inkloop: no command {args[0]!r}; there are demo, {', '.join(ROOMS)}", file=stream)
        return 2
    print(_help(), file=stream)
    return 0 if stream is sys.stdout else 2


def _help() -> str:
    rows = {"demo": "the whole road on drawn sample pages, or --pages of your own"}
    rows |= {name: about for name, (_, about) in ROOMS.items()}
    return "\n".join(
        [f"usage: inkloop ROOM COMMAND [...]    {DESCRIPTION}", ""]
        + [f"  {name:10} {about}" for name, about in rows.items()]
        + [
            "",
            "  inkloop ROOM --help lists the room's commands; inkloop --version names versions and devices;",
        ]
        + ["  inkloop --tyro-print-completion bash|zsh|fish prints shell completion."]
    )


def _version() -> int:
    from importlib.metadata import version

    import jax

    devices = ", ".join(f"{d.platform}:{d.id} {d.device_kind}" for d in jax.devices())
    print(f"inkloop {version('inkloop')}\njax {jax.__version__}\ndevices {devices}")
    return 0


def _completion(args: Sequence[str]) -> int:
    """Shell completion needs every room's commands at once."""
    import tyro

    app = tyro.extras.SubcommandApp()
    for name, (package, about) in ROOMS.items():
        room = importlib.import_module(f"{package}.__main__").app
        room.__doc__ = about
        app.command(room, name=name)
    app.command(importlib.import_module("examples.demo").demo, name="demo")
    app.cli(prog="inkloop", description=DESCRIPTION, args=args, config=(tyro.conf.OmitArgPrefixes,))
    return 0


if __name__ == "__main__":
    sys.exit(main())
