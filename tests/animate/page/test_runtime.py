"""Getting onnxruntime: only the pinned package is unpacked."""

import base64
import hashlib
import io
import os
import tarfile
from pathlib import Path

import pytest

from animate.page import runtime
from animate.page.runtime import FILES, find_runtime, get_runtime
from data_prep.errors import InputError, WorkError


@pytest.fixture
def package(tmp_path, monkeypatch) -> Path:
    """An npm package with the two files, which is the pinned one."""
    path = tmp_path / "package.tgz"
    with tarfile.open(path, "w:gz") as tar:
        for name in [*FILES, "package/README.md"]:
            data = f"content of {name}\n//# sourceMappingURL=other.map\n".encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    digest = base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
    monkeypatch.setattr(runtime, "INTEGRITY", f"sha512-{digest}")
    return path


def test_files_are_unpacked(package, tmp_path):
    folder = tmp_path / "runtime"
    with pytest.raises(InputError, match="inkloop export runtime"):
        find_runtime(folder=folder)
    script, wasm = get_runtime(package, folder=folder)
    assert script.read_text() == "content of package/dist/ort.wasm.bundle.min.mjs\n"
    assert wasm.read_text().startswith("content of package/dist/ort-wasm-simd-threaded.wasm\n//#")
    assert find_runtime(folder=folder) == [script, wasm]
    (folder / "version.txt").write_text("1.0.0")
    with pytest.raises(InputError, match="inkloop export runtime"):
        find_runtime(folder=folder)


def test_another_package_is_refused(package, tmp_path):
    package.write_bytes(package.read_bytes() + b" ")
    with pytest.raises(InputError, match="is not onnxruntime-web"):
        get_runtime(package, folder=tmp_path / "runtime")
    with pytest.raises(InputError, match="No such file"):
        get_runtime(tmp_path / "absent.tgz", folder=tmp_path / "runtime")
    assert not (tmp_path / "runtime").exists()


def test_npm(package, tmp_path, monkeypatch):
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(InputError, match="npm is not installed"):
        get_runtime(None, folder=tmp_path / "runtime")
    npm = programs / "npm"
    npm.write_text("#!/bin/sh\necho no network >&2\nexit 1\n")
    npm.chmod(0o755)
    with pytest.raises(WorkError, match=r"could not download .*: no network"):
        get_runtime(None, folder=tmp_path / "runtime")
    npm.write_text(f'#!/bin/sh\n[ "$2" = onnxruntime-web@{runtime.VERSION} ] && /bin/cp {package} "$5/"\n')
    assert len(get_runtime(None, folder=tmp_path / "runtime")) == 2
    assert os.listdir(tmp_path / "runtime")
