"""Shared by all tests: strict promotion, 8 fake CPU devices, a compile cache, drawn pages, real data."""

import os
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.browser import chromium  # noqa: F401 - a fixture
from tests.slow_cases import mark_slow_cases

ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(ROOT / ".pytest_cache" / "jax"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")
os.environ["INKLOOP_TRACES"] = ""  # tests change functions: nothing may come from an earlier trace
# Tests run small programs once: compiling takes most of their time, optimisation most of compiling, and
# parallel code generation adds to the total. Fusion emitters take half of the rest; jaxlib from 0.11 has no
# flag to disable them and rejects unknown flags.
FLAGS = "--xla_force_host_platform_device_count=8 --xla_backend_optimization_level=0"
FLAGS += " --xla_cpu_parallel_codegen_split_count=1"
FLAGS += " --xla_cpu_use_fusion_emitters=false" * version("jaxlib").startswith("0.10.")
os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {FLAGS}"

MANY_MAPS = 8_000
REAL_DATA = ROOT.parent / "shared" / "data"
CASES = ROOT.parent / "shared" / "cases"


@pytest.hookimpl(tryfirst=True)  # before -m selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mark_slow_cases(items)


@pytest.fixture(autouse=True, scope="session")
def strict_jax():
    import jax

    jax.config.update("jax_numpy_dtype_promotion", "strict")
    jax.config.update("jax_numpy_rank_promotion", "raise")


@pytest.fixture(autouse=True, scope="session")
def one_worker():
    """Make 1 the default of --workers: starting a process takes a second. Tests of workers pass a number."""
    from data_prep import workers

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(workers, "default_workers", lambda: 1)
        yield


@pytest.fixture(autouse=True, scope="module")
def few_programs():
    """Free compiled programs before the process reaches the limit of memory maps."""
    yield
    maps = Path("/proc/self/maps")  # one line per map; each program has several
    if maps.exists() and maps.read_bytes().count(b"\n") > MANY_MAPS:
        import jax

        jax.clear_caches()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real drawings; tests that need it are skipped if it does not exist."""
    if not REAL_DATA.is_dir():
        pytest.skip("no real drawings next to this checkout")
    return REAL_DATA


@pytest.fixture(scope="session")
def cases() -> Path:
    """Folder of inputs that once failed, each with a README; tests are skipped if it does not exist."""
    if not CASES.is_dir():
        pytest.skip("no cases next to this checkout")
    return CASES
