"""Files that are no snapshot: their kind is named, in snapshots and in weights."""

import gzip
import zipfile

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from data_prep.errors import InputError
from gan.imports.file_kind import file_kind
from gan.imports.snapshots import read_snapshot
from gan.imports.state_dict import read_state_dict
from gan.metrics.lpips import load_lpips
from tests.gan.imports import snapshot_files as files
from tests.gan.imports import torch_files as torch

ARRAYS = {"g_ema.conv.weight": np.ones((2, 3), np.float32)}
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 381624121\n"


def zipped(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("network/readme.txt", "read me")


def cut_zip(path):
    torch.save_zip(path, ARRAYS)
    path.write_bytes(path.read_bytes()[:-40])


KINDS = {
    "empty": (lambda path: path.touch(), "empty"),
    "lfs": (lambda path: path.write_bytes(LFS), "git lfs pull"),
    "lfs-crlf": (lambda path: path.write_bytes(LFS.replace(b"\n", b"\r\n")), "Git LFS"),
    "html": (lambda path: path.write_text("<!DOCTYPE html>\n<html><body>Sign in</body></html>"), "HTML"),
    "html-bom": (lambda path: path.write_bytes(b"\xef\xbb\xbf\n <HTML lang=en>"), "HTML"),
    "xml": (lambda path: path.write_text('<?xml version="1.0"?><Error><Code>AccessDenied'), "XML"),
    "zip": (zipped, "zip archive; unpack"),
    "torch-zip": (lambda path: torch.save_zip(path, ARRAYS), "torch.save"),
    "torch-cut": (cut_zip, "download it again"),
    "torch-legacy": (lambda path: torch.save_legacy(path, ARRAYS), "torch.save"),
    "safetensors": (lambda path: save_file(ARRAYS, path), "safetensors"),
    "gzip": (lambda path: path.write_bytes(gzip.compress(b"abc")), "gzip"),
    "png": (lambda path: Image.new("L", (4, 4)).save(path, "PNG"), "PNG"),
    "jpeg": (lambda path: Image.new("L", (4, 4)).save(path, "JPEG"), "JPEG"),
    "npy": (lambda path: path.write_bytes(b"\x93NUMPY\x01\x00"), "NumPy"),
    "text": (lambda path: path.write_text("not found\n"), "text file"),
    "json": (lambda path: path.write_text('{"error": "quota exceeded"}'), "text file"),
}


@pytest.fixture(params=KINDS)
def named(request, tmp_path):
    """(file, part of its kind's name)"""
    write, kind = KINDS[request.param]
    write(tmp_path / "network.pkl")
    return tmp_path / "network.pkl", kind


def test_the_kind_is_named(named):
    path, kind = named
    assert kind in (file_kind(path) or "")


def test_snapshots_of_other_kinds_are_refused_by_kind(named):
    path, kind = named
    with pytest.raises(InputError) as refused:
        read_snapshot(path)
    assert kind in str(refused.value)
    assert str(path) in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("read", [read_state_dict, load_lpips])
def test_weights_of_other_kinds_are_refused_by_kind(named, read):
    path, kind = named
    if kind in ("torch.save", "safetensors", "download it again", "gzip"):
        return
    with pytest.raises(InputError) as refused:
        read(path)
    assert kind in str(refused.value) or "data.pkl" in str(refused.value)
    assert "remove" not in str(refused.value)
    assert "delete" not in str(refused.value)


def test_snapshots_and_other_bytes_have_no_kind(tmp_path):
    path = tmp_path / "network.pkl"
    small = files.Shape(resolution=8, base=16, most=2, z_dim=2, w_dim=2, channels=1)
    path.write_bytes(files.snapshot(files.networks(small)))
    assert file_kind(path) is None
    path.write_bytes(bytes(range(128, 256)))
    assert file_kind(path) is None


def test_case_of_another_trainer(cases):
    with pytest.raises(InputError, match=r"torch\.save.*stylegan2-ada-pytorch"):
        read_snapshot(cases / "pt-rosinality" / "rosinality.pt")
