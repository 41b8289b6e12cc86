"""Image files in and out, and operations on single images: resize, crop, contact sheet, perceptual hash."""

from data_prep.images.channels import CHANNELS, Mode, with_mode
from data_prep.images.decoder import (
    MAX_MEGAPIXELS,
    Header,
    describe_file,
    list_frames,
    read_header,
    read_image,
)
from data_prep.images.files import (
    COMPANIONS,
    SUFFIXES,
    check_max_megapixels,
    check_some_readable,
    check_suffix,
    describe_first,
    describe_skipped,
    is_named_image,
    list_images,
    natural_key,
    to_float,
    to_uint8,
    write_image,
)
from data_prep.images.notes import Note, Notes

__all__ = [
    "CHANNELS",
    "COMPANIONS",
    "MAX_MEGAPIXELS",
    "SUFFIXES",
    "Header",
    "Mode",
    "Note",
    "Notes",
    "check_max_megapixels",
    "check_some_readable",
    "check_suffix",
    "describe_file",
    "describe_first",
    "describe_skipped",
    "is_named_image",
    "list_frames",
    "list_images",
    "natural_key",
    "read_header",
    "read_image",
    "to_float",
    "to_uint8",
    "with_mode",
    "write_image",
]
