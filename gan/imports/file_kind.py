"""What a file is that was passed as a snapshot or as weights, by its first bytes, for error messages."""

import struct
import zipfile
from pathlib import Path

from gan.imports.tensors import LEGACY_START

READ_BYTES = 1024
GZIP = "a gzip archive; unpack it"
MAGIC = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF file",
    b"\x89HDF": "an HDF5 file, as Keras writes",
    b"\x93NUMPY": "a NumPy array (.npy)",
    b"\x1f\x8b": GZIP,
    b"7z\xbc\xaf": "a 7z archive; unpack it",
    b"Rar!": "a RAR archive; unpack it",
    b"BZh": "a bzip2 archive; unpack it",
    b"\xfd7zXZ": "an xz archive; unpack it",
}
MARKUP = (b"<!doctype html", b"<html", b"<head", b"<?xml", b"<!--")
POINTER = b"version https://git-lfs"
SAFETENSORS = "a safetensors file"
TORCH = "a file of torch.save, as other PyTorch trainers write (.pt, .pth, .ckpt)"


def file_kind(path: Path) -> str | None:
    """Name the kind of a file that is no pickle of its own, and what to do about it; None: unknown.

    Raises: OSError: it cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(READ_BYTES)
    if not start:
        return "an empty file; download it again"
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(POINTER):
        return "a Git LFS pointer, not the file it stands for; run `git lfs pull` in its repository"
    if text.startswith(MARKUP):
        return "an HTML or XML page, not the file; a site may answer a download with a notice"
    if start.startswith(b"PK\x03\x04"):
        return _zip_kind(path)
    if start.startswith(LEGACY_START):
        return TORCH
    for magic, kind in MAGIC.items():
        if start.startswith(magic):
            return kind
    if len(start) > 9 and start[8:9] == b"{" and struct.unpack("<Q", start[:8])[0] <= path.stat().st_size:
        return SAFETENSORS
    if start[:1] != b"\x80" and all(byte >= 32 or byte in b"\t\r\n" for byte in text):
        return "a text file"
    return None


def _zip_kind(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return f"the beginning of a zip archive or of {TORCH}; download it again"
    return TORCH if any(name.endswith("data.pkl") for name in names) else "a zip archive; unpack it"
