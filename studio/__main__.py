"""The command line of the studio: `inkloop studio [ROOT]`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from tyro.conf import Positional

from data_prep import cli


def studio(
    *,
    root: Positional[Path] = Path("."),
    port: int = 0,
    host: str = "127.0.0.1",
    token: str | None = None,
    open: bool = True,
    demo: bool = False,
) -> None:
    """Open the studio: scans, pages, datasets, runs and videos below a folder, in the browser.

    It prints an address that holds an access token, and opens it in the browser. Every screen shows the
    commands that do the same. Ctrl-C ends the studio and the jobs that it started.

    Args:
        root: Folder to work in; nothing outside of it is read or written.
        port: Port to listen on; 0: a free one.
        host: Address to listen on; others than this machine's own need --token.
        token: Access token, at least 16 characters; default: a random one of 192 bits at each start.
        open: Open the address in the browser.
        demo: Open the folder of `inkloop demo`: ROOT/demo, or `demo` if ROOT is not given.
    """
    from studio.server import serve

    folder = root / "demo" if demo and root.name != "demo" else root
    if demo:
        folder.mkdir(parents=True, exist_ok=True)
    serve(folder, host=host, port=port, token=token, open_browser=open)


COMMANDS = cli.Commands({"studio": studio}, description="The packages in the browser.")


def main(args: Sequence[str] | None = None) -> int:
    """Run `inkloop studio ARGS...`; returns the exit code."""
    return cli.run(COMMANDS, prog="inkloop", args=["studio", *(sys.argv[1:] if args is None else args)])


if __name__ == "__main__":
    sys.exit(main())
