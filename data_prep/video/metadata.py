"""Comments in video files that ffmpeg writes none to (GIF, APNG, WebP): copy with a comment, and read it."""

import html
import re
import shutil
import struct
import zlib
from pathlib import Path
from typing import IO

KEYWORD = b"Comment"
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description>{}</dc:description>'
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)


def copy_gif(source: Path, target: Path, *, comment: str | None) -> None:
    """Copy a GIF, inserting a comment extension before its first block (GIF89a, sections 18-19 and 24)."""
    with source.open("rb") as reader, target.open("wb") as writer:
        head = reader.read(13)
        colors = 2 << (head[10] & 7) if head[10] & 0x80 else 0
        writer.write(head + reader.read(3 * colors))
        if comment:
            text = comment.encode("ascii")  # json.dumps escapes everything else
            blocks = (text[i : i + 255] for i in range(0, len(text), 255))
            writer.write(b"\x21\xfe" + b"".join(bytes([len(b)]) + b for b in blocks) + b"\0")
        shutil.copyfileobj(reader, writer)


def copy_png(source: Path, target: Path, *, comment: str | None) -> None:
    """Copy a PNG or APNG, inserting a tEXt chunk after its header (PNG, sections 5.3 and 11.3.3.2)."""
    with source.open("rb") as reader, target.open("wb") as writer:
        writer.write(reader.read(8 + 12 + 13))
        if comment:
            body = b"tEXt" + KEYWORD + b"\0" + comment.encode("ascii")
            writer.write(struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)))
        shutil.copyfileobj(reader, writer)


def copy_webp(source: Path, target: Path, *, comment: str | None) -> None:
    """Copy an animated WebP, appending an XMP chunk (WebP container, extended file format)."""
    chunk = b""
    if comment:
        text = XMP.format(html.escape(comment)).encode("ascii")
        chunk = b"XMP " + struct.pack("<I", len(text)) + text + b"\0" * (len(text) % 2)
    with source.open("rb") as reader, target.open("wb") as writer:
        head = bytearray(reader.read(21))  # RIFF, size, WEBP, VP8X, its size, its flags
        assert head[12:16] == b"VP8X", bytes(head)
        struct.pack_into("<I", head, 4, struct.unpack_from("<I", head, 4)[0] + len(chunk))
        head[20] |= 4 if comment else 0
        writer.write(head)
        shutil.copyfileobj(reader, writer)
        writer.write(chunk)


def find_comment(path: Path) -> str | None:
    """Read the comment of a PNG or WebP file; None: none, or another format."""
    with path.open("rb") as file:
        head = file.read(12)
        if head.startswith(b"\x89PNG"):
            file.seek(8)
            return _png_comment(file)
        if head.startswith(b"RIFF") and head.endswith(b"WEBP"):
            return _webp_comment(file)
    return None


def _png_comment(file: IO[bytes]) -> str | None:
    while len(head := file.read(8)) == 8:
        size, kind = struct.unpack(">I4s", head)
        if kind == b"tEXt" and (body := file.read(size)).startswith(KEYWORD + b"\0"):
            return body[len(KEYWORD) + 1 :].decode("latin-1")
        if kind in (b"IDAT", b"fdAT"):
            return None  # `copy_png` puts it before these
        file.seek(size + 4 if kind != b"tEXt" else 4, 1)
    return None


def _webp_comment(file: IO[bytes]) -> str | None:
    while len(head := file.read(8)) == 8:
        kind, size = struct.unpack("<4sI", head)
        if kind == b"XMP ":
            found = re.search(rb"<dc:description>(.*?)</dc:description>", file.read(size), re.DOTALL)
            return html.unescape(found[1].decode("utf-8", "replace")) if found else None
        file.seek(size + size % 2, 1)
    return None
