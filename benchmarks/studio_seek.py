"""How long does the studio take to show any frame of a long video, and is it the frame of that number?

    python benchmarks/studio_seek.py [--minutes 24] [--seeks 60] [--video FILE]

A generated video of 1920 x 1080 px at 24 frames/s, H.264 with a key frame every 250 frames and three B-frames
between others: 500 frames, repeated without encoding again. The Tags screen's route is asked for random
frames, as after a click on the timeline ("exact"), for the key frames that are shown while the timeline is
dragged ("near"), and for the frames before and after. All times are of a request by HTTP, until its last
byte. The frames are compared with those of one pass over the 500.
"""

import argparse
import io
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from studio_server import StudioServer, open_studio

from data_prep.video.codec import read_video
from data_prep.video.ffmpeg import finish

SOURCE = "testsrc2=size=1920x1080:rate=24,noise=alls=6:allf=t"
ENCODER = (
    "-c:v libx264 -preset ultrafast -bf 3 -g 250 -keyint_min 250 -sc_threshold 0 -crf 26 -pix_fmt yuv420p"
)
PART = 500  # frames


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=24)
    parser.add_argument("--seeks", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root, part = Path(scratch) / "project", Path(scratch) / "part.mp4"
        root.mkdir()
        make_video(part, root / "long.mp4", options.minutes)
        with open_studio(root) as studio:
            measure(studio, part, options.seeks)


def make_video(part: Path, video: Path, minutes: int) -> None:
    """Encode a part and repeat it."""
    finish(["-f", "lavfi", "-i", SOURCE, "-frames:v", str(PART), *ENCODER.split(), str(part)], part)
    repeat = str(round(minutes * 60 * 24 / PART) - 1)
    finish(["-stream_loop", repeat, "-i", str(part), "-c", "copy", str(video)], video)


def measure(studio: StudioServer, part: Path, seeks: int) -> None:
    """Print a table of times, and how many frames differ."""
    (entry,) = studio.read("/api/tags")["videos"]
    path = f"/api/tags/{entry['id']}"
    start = time.perf_counter()
    count = studio.read(path)["frames"]
    opened_ms = (time.perf_counter() - start) * 1000
    places = random.Random(0).sample(range(count), seeks)

    def report(name: str, numbers: Sequence[int], **query: int) -> None:
        taken_ms, cpu_sec = [], studio.cpu_sec()
        for number in numbers:
            start = time.perf_counter()
            studio.get(f"{path}/frame", number=number, **query)
            taken_ms.append((time.perf_counter() - start) * 1000)
        cpu_ms = (studio.cpu_sec() - cpu_sec) * 1000 / len(numbers)
        middle, late = statistics.median(taken_ms), statistics.quantiles(taken_ms, n=10)[-1]
        print(f"| {name} | {middle:.0f} | {late:.0f} | {max(taken_ms):.0f} | {cpu_ms:.0f} |", flush=True)

    size_mb = entry["size_bytes"] / 1e6
    print(f"{count} frames, {size_mb:.0f} MB; first opened in {opened_ms:.0f} ms, listing its frames")
    print("| what | median ms | 90 % within | worst ms | CPU ms, mean |")
    print("| --- | --- | --- | --- | --- |")
    report("exact", places)
    report("near", places[::-1], near=1)
    middle = count // 2
    studio.get(f"{path}/frame", number=middle)
    report("the next frame", range(middle + 1, middle + 1 + seeks))
    report("the frame before", range(middle + seeks - 1, middle, -1))
    print(f"memory of the server, peak: {studio.peak_mb():.0f} MB")
    equal = 0
    for position, frame in enumerate(read_video(part)):
        for number in (place for place in places if place % PART == position):
            png = studio.get(f"{path}/frame", number=number, png=1)
            equal += np.array_equal(frame, np.asarray(Image.open(io.BytesIO(png))))
    print(f"equal to sequential decoding: {equal} of {seeks} frames")


if __name__ == "__main__":
    main()
