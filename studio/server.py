"""Bind a socket, print the address, serve until Ctrl-C."""

import asyncio
import contextlib
import fcntl
import ipaddress
import logging
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from data_prep.errors import InputError

TOKEN_BYTES = 24  # 192 bits
MIN_TOKEN = 16  # characters of --token
CLOSE_SEC = 2  # for open connections after Ctrl-C


def serve(root: Path, *, host: str, port: int, token: str | None, open_browser: bool) -> None:
    """Serve the studio of a folder until it is interrupted.

    Args:
        root: an existing folder.
        host: name or address to listen on; others than loopback need `token`.
        port: 0: a free one.
        token: None: a random one.
        open_browser: whether to open the address.

    Raises: InputError: no such folder, an unsafe host, a short token, or the port is in use.
    """
    import uvicorn

    from studio.app import create_app
    from studio.state import Studio, state_folder

    if not root.is_dir():
        raise InputError(f"{root}: no such folder; pass the folder that the studio works in")
    check_host(host, token)
    listener = bind(host, port)
    port = listener.getsockname()[1]
    chosen, code = token or secrets.token_urlsafe(TOKEN_BYTES), secrets.token_urlsafe(TOKEN_BYTES)
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{port}/?token="
    with _only_one(state_folder(root.resolve())) as is_first:
        studio = Studio(root, jobs="jobs" if is_first else f"jobs-{os.getpid()}")
        config = uvicorn.Config(
            create_app(studio, token=chosen, hosts=allowed_hosts(host, port), code=code),
            access_log=False,  # addresses hold the token
            log_level="warning",
            timeout_graceful_shutdown=CLOSE_SEC,
            server_header=False,
            ws="none",
        )
        print(address + chosen, flush=True)
        print(f"studio of {studio.project.root}; Ctrl-C ends it and its jobs", file=sys.stderr, flush=True)
        if open_browser:
            _open(address + code)  # lists of processes show it
        try:
            _end_with_the_terminal()
            logging.getLogger("uvicorn.error").addFilter(_is_news)
            uvicorn.Server(config).run(sockets=[listener])
        finally:
            studio.close()


def check_host(host: str, token: str | None) -> None:
    """Raise InputError for hosts that other machines reach, unless a token of the user is passed."""
    if token is not None and (len(token) < MIN_TOKEN or not token.isascii() or not token.isprintable()):
        raise InputError(f"--token: must have at least {MIN_TOKEN} printable ASCII characters")
    if token is not None and not all(c.isalnum() or c in "-_.~" for c in token):
        raise InputError("--token: must consist of letters, digits and - _ . ~")
    if not is_loopback(host) and token is None:
        raise InputError(
            f"--host {host}: other machines could reach the files below ROOT; choose a --token, or leave out "
            "--host to listen on this machine only"
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    if host.lower() == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def allowed_hosts(host: str, port: int) -> set[str]:
    """Values of the Host header that name this server."""
    names = {"localhost", "127.0.0.1"} if is_loopback(host) else {host, "localhost", "127.0.0.1"}
    if ":" in host:
        names |= {f"[{host}]"}
    if host in ("0.0.0.0", "::"):
        names |= {socket.gethostname(), socket.getfqdn()}
    return {f"{name}:{port}" for name in names | ({host} if ":" not in host else set())}


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises: InputError: the address is in use or not this machine's."""
    if not 0 <= port <= 65535:
        raise InputError(f"--port {port}: must be 0 to 65535")
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise InputError(f"--host {host} --port {port}: {error.strerror or error}; choose others") from error
    return listener


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[bool]:
    """Whether no other studio is open on the same ROOT; warn if one is."""
    folder.mkdir(parents=True, exist_ok=True)
    is_first = True
    with open(folder / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            is_first = False
            print(
                "warning: another studio is open on this folder; changes of both are checked against one "
                "another, but each shows its own jobs only",
                file=sys.stderr,
                flush=True,
            )
        yield is_first


def _end_with_the_terminal() -> None:
    """Let a closed terminal end the studio as TERM does, unless it was started to survive that (nohup)."""
    is_main = threading.current_thread() is threading.main_thread()
    if is_main and signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a message of the server says more than that Ctrl-C cut off requests."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, asyncio.CancelledError) and "graceful shutdown" not in record.getMessage()


def _open(address: str) -> None:
    import webbrowser

    threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()
