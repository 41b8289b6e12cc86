"""Server-sent events: what changes on the server reaches every open tab."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import StreamingResponse

from data_prep.outputs import json_text

KEEP_ALIVE_SEC = 15.0
MAX_WAITING = 100  # events that a slow tab may be behind; then it is disconnected, and connects again


class Events:
    """Publishes named events to all subscribers; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[asyncio.Queue[str | None], asyncio.AbstractEventLoop] = {}

    def publish(self, name: str, value: Any) -> None:
        """Send an event; `value` is what JSON can hold."""
        text = f"event: {name}\ndata: {json_text(value)}\n\n"
        self._send(text)

    def close(self) -> None:
        """End all streams."""
        self._send(None)

    def stream(self) -> StreamingResponse:
        """A response that sends events until the client leaves."""
        return StreamingResponse(
            self._lines(), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    def _send(self, text: str | None) -> None:
        with self._lock:
            for queue, loop in self._queues.items():
                if not loop.is_closed():
                    loop.call_soon_threadsafe(_put, queue, text)

    async def _lines(self) -> AsyncIterator[str]:
        queue: asyncio.Queue[str | None] = asyncio.Queue(MAX_WAITING)
        with self._lock:
            self._queues[queue] = asyncio.get_running_loop()
        try:
            yield "retry: 1000\n\n"
            while True:
                try:
                    text = await asyncio.wait_for(queue.get(), KEEP_ALIVE_SEC)
                except TimeoutError:
                    text = ": alive\n\n"
                if text is None:
                    return
                yield text
        finally:
            with self._lock:
                del self._queues[queue]


def _put(queue: "asyncio.Queue[str | None]", text: str | None) -> None:
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        text = None
    queue.put_nowait(text)
