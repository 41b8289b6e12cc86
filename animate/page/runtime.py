"""The files of onnxruntime that a page needs: from the npm package, checked by its hash, next to this module.

They are 14 MB, so they are not in the repository, and no Python package carries them: `inkloop export
runtime` gets them once with npm, or takes the downloaded package. Licence: MIT.
"""

import base64
import contextlib
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from data_prep.errors import InputError, WorkError
from data_prep.outputs import replacing

PACKAGE, VERSION = "onnxruntime-web", "1.30.0"
INTEGRITY = "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
FILES = {  # in the package -> here
    "package/dist/ort.wasm.bundle.min.mjs": "ort.js",
    "package/dist/ort-wasm-simd-threaded.wasm": "ort.wasm",
}
STATED = "version.txt"  # written last
FOLDER = Path(__file__).parent / "runtime"
SOURCE_MAP = b"//# sourceMappingURL="
LICENSE = f"""{PACKAGE} {VERSION} (runtime/ort.js and runtime/ort.wasm)

MIT License

Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction, including
without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the
following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT
LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO
EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER
IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR
THE USE OR OTHER DEALINGS IN THE SOFTWARE.

Parts of it have notices of their own: ThirdPartyNotices.txt of the project microsoft/onnxruntime.
"""


def find_runtime(*, folder: Path = FOLDER) -> list[Path]:
    """The files of the pinned version.

    Raises: InputError: they are not here; says how to get them.
    """
    stated = folder / STATED
    files = [folder / name for name in FILES.values()]
    if not stated.is_file() or stated.read_text() != VERSION or not all(file.is_file() for file in files):
        raise InputError(
            f"the page needs {PACKAGE} {VERSION}; get it once with `inkloop export runtime` (uses npm)"
        )
    return files


def get_runtime(package: Path | None, *, folder: Path = FOLDER) -> list[Path]:
    """Unpack the runtime from the npm package.

    Args:
        package: the downloaded package, .tgz; None: `npm pack` downloads it.
        folder: where the files go.

    Returns: the files.
    Raises: InputError: no npm, or another package. WorkError: npm failed.
    """
    with contextlib.ExitStack() as stack:
        archive = stack.enter_context(_downloaded()) if package is None else package
        try:
            data = archive.read_bytes()
        except OSError as error:
            raise InputError(f"{archive}: {error.strerror}") from error
        found = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
        if found != INTEGRITY:
            raise InputError(f"{archive} is not {PACKAGE} {VERSION}: its hash is {found[:20]}...")
        with tarfile.open(archive) as tar:
            for member, name in FILES.items():
                file = tar.extractfile(member)
                assert file is not None, member
                content = file.read()
                if name.endswith(".js"):  # browsers would look for a file that is not there
                    content = content.partition(SOURCE_MAP)[0]
                with replacing(folder / name) as partial:
                    partial.write_bytes(content)
    with replacing(folder / STATED) as partial:
        partial.write_text(VERSION)
    return find_runtime(folder=folder)


@contextlib.contextmanager
def _downloaded() -> Iterator[Path]:
    npm = shutil.which("npm")
    if npm is None:
        raise InputError(
            f"npm is not installed; install Node.js, or pass {PACKAGE}-{VERSION}.tgz of the npm registry"
        )
    with tempfile.TemporaryDirectory() as folder:
        words = [npm, "pack", f"{PACKAGE}@{VERSION}", "--silent", "--pack-destination", folder]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
        found = list(Path(folder).glob("*.tgz"))
        if done.returncode or not found:
            lines = (done.stderr or done.stdout).strip().splitlines() or ["no output"]
            raise WorkError(f"npm could not download {PACKAGE} {VERSION}: {lines[-1]}")
        yield found[0]
