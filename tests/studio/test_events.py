"""Server-sent events: every open stream gets them, and all end with the studio."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from studio.events import MAX_WAITING, Events


def in_a_thread(run):
    """The browser of other tests has a running event loop in this one."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(lambda: asyncio.run(run())).result()


def test_streams_get_events_until_the_end():
    async def run():
        events = Events()
        streams = [aiter(events.stream().body_iterator) for _ in range(2)]
        heads = [await anext(stream) for stream in streams]
        assert heads == ["retry: 1000\n\n"] * 2
        events.publish("job", {"name": "ä\nb"})
        assert {await anext(stream) for stream in streams} == {'event: job\ndata: {"name": "ä\\nb"}\n\n'}
        events.close()
        assert [[line async for line in stream] for stream in streams] == [[], []]
        assert not events._queues

    in_a_thread(run)


def test_a_slow_stream_is_ended():
    async def run():
        events = Events()
        stream = aiter(events.stream().body_iterator)
        await anext(stream)
        for number in range(MAX_WAITING + 1):
            events.publish("n", number)
        await asyncio.sleep(0)
        assert [line async for line in stream] == []

    in_a_thread(run)
