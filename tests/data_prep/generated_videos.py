"""Small videos with known truth, encoded by ffmpeg."""

from pathlib import Path

from data_prep.video.ffmpeg import finish

FRAMES = 64
X264 = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-threads", "1"]


def pattern(
    path: Path, *output: str, frames: int = FRAMES, size: str = "48x32", filters: str = "null"
) -> Path:
    """A moving test pattern with a frame counter, 25 frames/s, by default H.264."""
    source = f"testsrc2=size={size}:rate=25:duration={frames / 25}"
    command = [
        "-f",
        "lavfi",
        "-i",
        source,
        "-vf",
        f"scroll=h=0.03:v=0.02,{filters}",
        "-fps_mode",
        "passthrough",
        *(output or X264),
    ]
    finish([*command, "-y", str(path)], path)
    return path


def constant(folder: Path) -> Path:
    """Constant frame rate, groups of 12, no B-frames."""
    return pattern(folder / "constant.mp4", *X264, "-g", "12", "-bf", "0", "-sc_threshold", "0")


def variable(folder: Path) -> Path:
    """Variable frame rate: frames last 1 to 5 intervals."""
    held = "select='not(mod(n,7))+not(mod(n,5))+not(mod(n,4))'"
    return pattern(folder / "variable.mkv", *X264, "-g", "10", frames=120, filters=held)


def b_frames(folder: Path) -> Path:
    """Pyramids of B-frames and open groups, whose first B-frames need the group before."""
    return pattern(
        folder / "b.mp4", *X264, "-g", "16", "-bf", "4", "-x264-params", "open-gop=1:b-pyramid=normal"
    )


def long_groups(folder: Path) -> Path:
    """Groups of 250 frames."""
    return pattern(folder / "long.mp4", *X264, "-g", "250", "-sc_threshold", "0", frames=270, size="48x16")


def rotated(folder: Path) -> Path:
    """Stored upright, to be shown turned by 90 degrees."""
    flat = pattern(folder / "flat.mp4", *X264, "-g", "10")
    path = folder / "rotated.mp4"
    finish(["-display_rotation", "90", "-i", str(flat), "-c", "copy", "-y", str(path)], path)
    return path


def odd_size(folder: Path) -> Path:
    """Odd width and height, 4:4:4 chroma."""
    return pattern(
        folder / "odd.mp4", "-c:v", "libx264", "-pix_fmt", "yuv444p", "-threads", "1", "-g", "9", size="47x33"
    )


ALL = (constant, variable, b_frames, long_groups, rotated, odd_size)


def audio_only(path: Path) -> Path:
    """A second of a sine tone."""
    finish(["-f", "lavfi", "-i", "sine=duration=1", "-y", str(path)], path)
    return path


def damaged_inside(path: Path) -> Path:
    """Packets are listed, but those in the second half do not decode."""
    data = bytearray(constant(path.parent).rename(path).read_bytes())
    data[len(data) // 2 : len(data) * 3 // 4] = bytes(len(data) * 3 // 4 - len(data) // 2)
    path.write_bytes(data)
    return path


def truncated(path: Path, whole: Path, *, fraction: float = 0.6) -> Path:
    """The first part of the bytes of a video whose header comes first."""
    ready = path.with_name(f"ready-{path.name}")
    finish(["-i", str(whole), "-c", "copy", "-movflags", "+faststart", "-y", str(ready)], ready)
    data = ready.read_bytes()
    path.write_bytes(data[: int(len(data) * fraction)])
    return path
