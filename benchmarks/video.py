"""How long does it take to index a video, to step to the next frame, and to jump to any frame?

A clip of 30 s at 854 x 480 px and 24 frames/s, H.264; by default a generated one. `index`: listing all
frames, without the cached index; `cached`: with it. `next`: the frame after the last one, with a running
decoder; `next, paced`: every 40 ms. `back`: frames before, mostly from the cache. `jump`: a random frame.
Median and worst of N; baseline: the mean time per frame of decoding all of them in order.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from data_prep.video.clip import Clip
from data_prep.video.codec import read_video
from data_prep.video.ffmpeg import finish
from data_prep.video.frame_index import read_index


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--video", type=Path, help="another video")
    parser.add_argument("--repeats", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        video = Path(scratch) / "clip.mp4"
        if options.video is None:
            source = "testsrc2=size=854x480:rate=24:duration=30"
            finish(["-f", "lavfi", "-i", source, "-c:v", "libx264", "-pix_fmt", "yuv420p", str(video)], video)
        else:
            video.write_bytes(options.video.read_bytes())
        print("| what | median ms | worst ms |")
        print("| --- | --- | --- |")
        report("index", [timed(lambda: read_index(video, cache=False)) for _ in range(options.repeats)])
        index = read_index(video)
        report("cached", [timed(lambda: read_index(video)) for _ in range(options.repeats)])
        start = time.perf_counter()
        count = sum(1 for _ in read_video(video))
        whole_ms = (time.perf_counter() - start) * 1000 / count
        with Clip(video, index=index) as clip:
            middle = len(clip) // 2
            clip[middle]
            steps = range(middle + 1, min(middle + 1 + 10 * options.repeats, len(clip)))
            report("next", [timed(partial(clip.__getitem__, number)) for number in steps])
            paced = range(steps.stop, min(steps.stop + 2 * options.repeats, len(clip)))
            report(
                "next, paced", [timed(partial(clip.__getitem__, number), pause_sec=0.04) for number in paced]
            )
            report("back", [timed(partial(clip.__getitem__, number)) for number in steps[::-1]])
            places = random.Random(0).sample(range(len(clip)), min(options.repeats, len(clip)))
            report("jump", [timed(partial(clip.__getitem__, number)) for number in places])
        print(f"| sequential, per frame | {whole_ms:.2f} | |")


def timed(run: Callable[[], object], *, pause_sec: float = 0.0) -> float:
    """Milliseconds that a call takes, after a pause."""
    time.sleep(pause_sec)
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1000


def report(name: str, taken_ms: list[float]) -> None:
    print(f"| {name} | {statistics.median(taken_ms):.2f} | {max(taken_ms):.2f} |")


if __name__ == "__main__":
    main()
