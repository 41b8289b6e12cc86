"""How long does the studio take to show any frame of a long video, and is it the frame of that number?

    python benchmarks/studio_seek.py [--minutes 24] [--seeks 60] [--video FILE]

A generated video of 1920 x 1080 px at 24 frames/s, H.264 with a key frame every 250 frames and three B-frames
between others: two minutes, repeated without encoding again. The Tags screen's route is asked for random
frames, as after a click on the timeline ("exact"), for the key frames that are shown while the timeline is
dragged ("near"), and for the frames before and after. All times are of a request by HTTP, until its last
byte. The frames are compared with those of one pass over the video.
"""

import argparse
import io
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from PIL import Image
from studio_server import StudioServer, open_studio

from data_prep.video.codec import decode
from data_prep.video.ffmpeg import finish

SOURCE = "testsrc2=size=1920x1080:rate=24:duration=120,noise=alls=6:allf=t"
ENCODER = (
    "-c:v libx264 -preset ultrafast -bf 3 -g 250 -keyint_min 250 -sc_threshold 0 -crf 26 -pix_fmt yuv420p"
)
PART_MINUTES = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=24)
    parser.add_argument("--seeks", type=int, default=60)
    parser.add_argument("--video", type=Path, help="another video")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        video = Path(scratch) / "project" / "long.mp4"
        video.parent.mkdir()
        if options.video is None:
            make_video(video, options.minutes)
        else:
            video.write_bytes(options.video.read_bytes())
        with open_studio(video.parent) as studio:
            measure(studio, video, options.seeks)


def make_video(video: Path, minutes: int) -> None:
    """Encode two minutes and repeat them."""
    part = video.with_name("part.mp4")
    finish(["-f", "lavfi", "-i", SOURCE, *ENCODER.split(), str(part)], part)
    repeat = str(minutes // PART_MINUTES - 1)
    finish(["-stream_loop", repeat, "-i", str(part), "-c", "copy", str(video)], video)
    part.unlink()


def measure(studio: StudioServer, video: Path, seeks: int) -> None:
    """Print a table of times, and how many frames differ."""
    (entry,) = studio.read("/api/tags")["videos"]
    path = f"/api/tags/{entry['id']}"
    start = time.perf_counter()
    count = studio.read(path)["frames"]
    opened_ms = (time.perf_counter() - start) * 1000
    places = random.Random(0).sample(range(count), seeks)

    def timed(numbers: Iterable[int], **query: int) -> list[float]:
        return [_ms(lambda n=number: studio.get(f"{path}/frame", number=n, **query)) for number in numbers]

    size_mb = video.stat().st_size / 1e6
    print(f"{count} frames, {size_mb:.0f} MB; first opened in {opened_ms:.0f} ms, listing its frames")
    print("| what | median ms | 90 % within | worst ms |")
    print("| --- | --- | --- | --- |")
    report("exact", timed(places))
    report("near", timed(reversed(places), near=1))
    middle = count // 2
    studio.get(f"{path}/frame", number=middle)
    report("the next frame", timed(range(middle + 1, middle + 1 + seeks)))
    report("the frame before", timed(range(middle + seeks - 1, middle - seeks, -1)))
    print(f"memory of the server, peak: {studio.peak_mb():.0f} MB")
    found = {n: studio.get(f"{path}/frame", number=n, png=1) for n in sorted(places)}
    chosen = "+".join(f"eq(n,{number})" for number in found)
    frames = decode(video, mode="rgb", filters=[f"select='{chosen}'"])
    pairs = zip(frames, found.values(), strict=True)
    equal = sum(np.array_equal(frame, np.asarray(Image.open(io.BytesIO(png)))) for (frame, _), png in pairs)
    print(f"equal to sequential decoding: {equal} of {len(found)} frames")


def report(name: str, taken_ms: list[float]) -> None:
    middle, late = statistics.median(taken_ms), statistics.quantiles(taken_ms, n=10)[-1]
    print(f"| {name} | {middle:.0f} | {late:.0f} | {max(taken_ms):.0f} |", flush=True)


def _ms(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
