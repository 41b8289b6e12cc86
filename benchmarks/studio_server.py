"""A studio as a process of its own, and requests with its token, for the benchmarks of the studio."""

import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit


class StudioServer:
    """A running studio.

    Attributes: address: with the token; origin: without; pid: of the process.
    """

    def __init__(self, address: str, pid: int) -> None:
        self.address, self.pid = address, pid
        parts = urlsplit(address)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._connection = http.client.HTTPConnection(parts.netloc)
        self._cookie = self._request(f"/?{parts.query}")[1]["set-cookie"].split(";")[0]

    def get(self, path: str, **query: Any) -> bytes:
        """The body of an answer; one connection serves all requests."""
        data, _ = self._request(f"{path}?{urlencode(query)}", cookie=self._cookie)
        return data

    def read(self, path: str, **query: Any) -> Any:
        """The JSON value of an answer."""
        return json.loads(self.get(path, **query))

    def peak_mb(self) -> float:
        """Resident memory of the process at its peak."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024

    def cpu_sec(self) -> float:
        """CPU time of the process and of the processes that it started and that ended."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def _request(self, path: str, **headers: str) -> tuple[bytes, http.client.HTTPMessage]:
        self._connection.request("GET", path, headers=headers)
        answer = self._connection.getresponse()
        data = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{path.split('?')[0]}: {answer.status} {data[:200]!r}")
        return data, answer.headers


@contextlib.contextmanager
def open_studio(root: Path) -> Iterator[StudioServer]:
    """Serve a folder with empty caches; the process ends with the block."""
    with tempfile.TemporaryDirectory() as cache:
        server = subprocess.Popen(
            [sys.executable, "-m", "inkloop", "studio", str(root), "--no-open"],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"XDG_CACHE_HOME": cache},
        )
        try:
            assert server.stdout is not None
            yield StudioServer(server.stdout.readline().strip(), server.pid)
        finally:
            server.terminate()
            server.wait()
