"""What a file is that was passed as a snapshot or as weights, by its first bytes, for error messages."""

import struct
import zipfile
from pathlib import Path

from data_prep.images import signatures
from gan.imports.tensors import LEGACY_START

ARCHIVES = tuple(
    f"a {kind} archive; {signatures.UNPACK}" for kind in ("gzip", "tar")
)  # `archives` reads them
SAFETENSORS = "a safetensors file"
TORCH = "a file of torch.save, as other PyTorch trainers write (.pt, .pth, .ckpt)"
PICKLE = b"\x80"


def file_kind(path: Path) -> str | None:
    """Name the kind of a file that is no pickle of its own, and what to do about it; None: unknown.

    Raises: OSError: it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(signatures.HEAD_BYTES)
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(path)
    if head.startswith(LEGACY_START):
        return TORCH
    if head.startswith(PICKLE):
        return None
    if len(head) > 9 and head[8:9] == b"{" and struct.unpack("<Q", head[:8])[0] <= path.stat().st_size:
        return SAFETENSORS
    if kind := signatures.image_kind(head):
        return kind
    noun, advice = signatures.describe(head)
    if noun == signatures.UNKNOWN:
        return None
    helps = advice in (signatures.UNPACK, signatures.COPY, signatures.PULL)  # others are about images
    return f"{noun}; {advice}" if helps else noun


def _zip_kind(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return f"the beginning of a zip archive or of {TORCH}; download it again"
    return TORCH if any(name.endswith("data.pkl") for name in names) else "a zip archive; unpack it"
