"""The entry point: `inkloop PACKAGE COMMAND`, `inkloop demo`, `inkloop studio`. Composes the packages."""

import importlib
import sys
from collections.abc import Sequence
from typing import Any

PACKAGES = {  # command-line name -> (package, what its commands do)
    "data-prep": ("data_prep", "scans -> pages -> tiles -> datasets"),
    "gan": ("gan", "a dataset -> a trained generator"),
    "animate": ("animate", "a generator -> latent paths -> videos"),
    "fill": ("fill", "line drawings -> coloured drawings"),
}
PROGRAMS = {  # commands of their own: name -> (module, what they do)
    "demo": ("examples.demo", "every step on drawn sample pages, or on --pages of your own"),
    "export": ("animate.commands.export", "a run -> a web page that plays it"),
    "doodle-gif": ("examples.doodle_gif", "a file of doodles -> a GIF of new ones, drawn by DRAW"),
    "vector": ("fill.commands.vector", "line drawings and videos -> strokes in SVG, for plotters"),
    "studio": ("studio.__main__", "everything in the browser, over a folder"),
}
DESCRIPTION = "Scanned drawings in, endless animation out."


def main(args: Sequence[str] | None = None) -> int:
    """Run `inkloop ARGS...`; returns the exit code (0 done, 1 failed on the way, 2 could not start)."""
    args = list(sys.argv[1:] if args is None else args)
    name = args[0].replace("_", "-") if args else ""
    if name in PACKAGES:
        package, _ = PACKAGES[name]
        return importlib.import_module(f"{package}.__main__").main(args[1:])
    if name in PROGRAMS:
        return importlib.import_module(PROGRAMS[name][0]).main(args[1:])
    if args == ["--version"]:
        return _version()
    if name.startswith("--tyro-"):
        return _completion(args)
    if not args or name in ("-h", "--help"):
        print(_help(), file=sys.stdout if args else sys.stderr)
        return 0 if args else 2
    from data_prep.cli_errors import unknown

    kind = "flag" if name.startswith("-") else "command"
    names = ["--help", "--version"] if kind == "flag" else [*PROGRAMS, *PACKAGES]
    print(f"inkloop: {unknown(kind, args[0], names)}", file=sys.stderr)
    return 2


def _help() -> str:
    rows = {name: about for name, (_, about) in (PROGRAMS | PACKAGES).items()}
    return "\n".join(
        [
            "usage: inkloop PACKAGE COMMAND [...]",
            "",
            DESCRIPTION,
            "",
            *(f"  {name:11}{about}" for name, about in rows.items()),
            "",
            "inkloop PACKAGE --help lists commands; inkloop --version prints versions and devices;",
            "inkloop --tyro-print-completion bash|zsh|fish prints shell completion.",
        ]
    )


def _version() -> int:
    from importlib.metadata import version

    import jax

    devices = ", ".join(f"{d.platform}:{d.id} {d.device_kind}" for d in jax.devices())
    print(f"inkloop {version('inkloop')}\njax {jax.__version__}\ndevices {devices}")
    return 0


def _completion(args: Sequence[str]) -> int:
    """Print or write shell completion; it needs the commands of every package at once."""
    from data_prep import cli

    members: dict[str, Any] = {
        name: importlib.import_module(f"{package}.__main__").COMMANDS
        for name, (package, _) in PACKAGES.items()
    }
    for module, _ in PROGRAMS.values():
        members |= importlib.import_module(module).COMMANDS.members
    about = {name: text for name, (_, text) in (PACKAGES | PROGRAMS).items()}
    commands = cli.Commands(members, description=DESCRIPTION, noun="package", about=about)
    return cli.print_completion(commands, prog="inkloop", args=args)


if __name__ == "__main__":
    sys.exit(main())
