"""What a file is by its first bytes, for messages about files that are no images."""

HEAD_BYTES = 512
UNKNOWN = "a file of an unknown format"

CONVERT = "convert it to PNG, JPEG or TIFF with 8 bits per channel"
_VIDEO = "`inkloop fill film`, `animate compose` and `gan project` read videos"
UNPACK = "unpack it"
_EXPORT = "export its pages as PNG or TIFF"
COPY = "download or copy it again"
PULL = "fetch the file itself with `git lfs pull`"

_SIGNATURES = (  # (offset, bytes, noun, what to do)
    (0, b"%PDF", "a PDF", _EXPORT),
    (0, b"%!PS", "PostScript", _EXPORT),
    (0, b"AT&TFORM", "a DjVu file", _EXPORT),
    (0, b"8BPS", "a Photoshop file", CONVERT),
    (0, b"gimp xcf", "a GIMP file", CONVERT),
    (0, b"\xff\x0a", "a JPEG XL image", CONVERT),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL image", CONVERT),
    (0, b"II\xbc", "a JPEG XR image", CONVERT),
    (0, b"IIU\0", "a camera raw file", CONVERT),
    (0, b"IIRO", "a camera raw file", CONVERT),
    (0, b"FUJIFILMCCD-RAW", "a camera raw file", CONVERT),
    (8, b"CR\x02", "a camera raw file", CONVERT),
    (0, b"\x97JB2", "a JBIG2 image", CONVERT),
    (0, b"P7\n", "a PAM image", CONVERT),
    (0, b"\x76\x2f\x31\x01", "an OpenEXR image", CONVERT),
    (0, b"#?RADIANCE", "a Radiance HDR image", CONVERT),
    (0, b"SIMPLE  =", "a FITS file", CONVERT),
    (8, b"AVI ", "a video", _VIDEO),
    (0, b"\x1aE\xdf\xa3", "a video", _VIDEO),
    (0, b"FLV\x01", "a video", _VIDEO),
    (0, b"\0\0\x01\xba", "a video", _VIDEO),
    (0, b"0&\xb2u\x8ef\xcf\x11", "a video", _VIDEO),
    (8, b"WAVE", "an audio file", COPY),
    (0, b"OggS", "an audio or video file", _VIDEO),
    (0, b"ID3", "an audio file", COPY),
    (0, b"fLaC", "an audio file", COPY),
    (0, b"PK\x03\x04", "a zip archive", "`inkloop data-prep pack` reads zips of images"),
    (0, b"\x1f\x8b", "a gzip archive", UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    (0, b"Rar!", "a RAR archive", UNPACK),
    (0, b"BZh", "a bzip2 archive", UNPACK),
    (0, b"\xfd7zXZ", "an xz archive", UNPACK),
    (257, b"ustar", "a tar archive", UNPACK),
    (0, b"\x89HDF", "an HDF5 file, as Keras writes", CONVERT),
    (0, b"\x93NUMPY", "a NumPy array", "`inkloop data-prep doodles` reads arrays of drawings"),
    (0, b"\x80\x02", "a Python pickle", "pass it to commands that read snapshots"),
    (0, b"version https://git-lfs", "a Git LFS pointer", PULL),
)
_HEIF = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_IMAGES = (  # signatures of formats that are read
    (0, b"\x89PNG", "a PNG image"),
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"II*\0", "a TIFF image"),
    (0, b"MM\0*", "a TIFF image"),
    (0, b"II+\0", "a TIFF image"),
    (0, b"MM\0+", "a TIFF image"),
    (0, b"GIF8", "a GIF image"),
    (8, b"WEBP", "a WebP image"),
    (0, b"BM", "a BMP image"),
    (0, b"(\0\0\0", "a BMP image"),
    (4, b"jP  ", "a JPEG 2000 image"),
    (0, b"\xffO\xffQ", "a JPEG 2000 image"),
    *((0, b"P%d" % number, "a PNM image") for number in range(1, 7)),
    (0, b"Pf", "a PFM image"),
)


def is_image(head: bytes) -> bool:
    """Whether the first bytes of a file are those of an image format that is read."""
    return image_kind(head) is not None


def image_kind(head: bytes) -> str | None:
    """Name the format of an image by its first bytes, e.g. "a PNG image"; None: no format that is read."""
    kinds = (kind for start, mark, kind in _IMAGES if head[start : start + len(mark)] == mark)
    return next(kinds, None)


def describe(head: bytes) -> tuple[str, str]:
    """Name the content of a file that is not an image, and what to do: ("a PDF", "export its pages ...").

    Args:
        head: its first HEAD_BYTES bytes.
    """
    if not head:
        return "an empty file", COPY
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in _HEIF:
            return "a HEIC image", CONVERT
        if brand in (b"avif", b"avis"):
            return "an AVIF image", CONVERT
        return ("a camera raw file", CONVERT) if brand == b"crx " else ("a video", _VIDEO)
    for start, mark, noun, advice in _SIGNATURES:
        if head[start : start + len(mark)] == mark:
            return noun, advice
    if not head.strip(b"\0"):
        return "a file of zero bytes", COPY
    if text := _as_text(head):
        begin = text.lstrip("\ufeff \t\r\n").lower()
        if begin.startswith(("<!doctype html", "<html", "<head")):
            return "an HTML page", COPY
        if "<svg" in begin:
            return "an SVG drawing", CONVERT
        if begin.startswith(("<?xml", "<!--")):
            return "an XML page", COPY
        return "a text file", "rename it if its suffix is wrong"
    return UNKNOWN, f"copy it again, or {CONVERT}"


def _as_text(head: bytes) -> str:
    """The head as text; "" if it holds control characters or is not UTF-8."""
    try:
        text = head[: len(head) - 4].decode() if len(head) == HEAD_BYTES else head.decode()
    except UnicodeDecodeError as error:
        if len(head) < HEAD_BYTES or error.start < len(head) - 8:
            return ""
        text = head[: error.start].decode()
    return "" if any(ord(c) < 32 and c not in "\t\r\n\f" for c in text) else text
