"""Several processes as one: the same records and losses, one line for what goes wrong, none left behind."""

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import jax
import numpy as np
import pytest

from configs.gan.tiny import CONFIG
from data_prep.errors import InputError, WorkError
from data_prep.records.dataset import Dataset
from gan.__main__ import main
from gan.config import replace
from gan.data.reals import RecordReals
from gan.devices import distributed
from gan.devices.distributed import is_loss, join
from gan.devices.sharding import make_mesh
from gan.runs.log import read_log
from gan.runs.run_folder import check_same
from tests.gan.forked import Forked, devices

STATED_SEC = 60  # within which --help says that the others leave


@pytest.fixture(scope="module")
def tiles(small_tiles):
    return small_tiles


def command(tiles: Path, run: Path, *more: str, preset: str = "tiny") -> list[str]:
    words = ["train", preset, "--data", str(tiles), "--run", str(run), "--metric-images", "0"]
    return [*words, "--tick-nimg", "8", *more]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def flags(index: int, *, count: int = 2, port: int) -> list[str]:
    return [
        *("--coordinator", f"127.0.0.1:{port}"),
        *("--num-processes", str(count), "--process-id", str(index)),
    ]


@contextlib.contextmanager
def started(*lines: tuple[list[str], dict[str, str]], program=main) -> Iterator[list[Forked]]:
    """Processes that none outlives."""
    running = [Forked(program, words, environment=env) for words, env in lines]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.communicate()


def outcome(process: Forked, timeout_sec: float = 240) -> tuple[int, str]:
    """(exit code, what it said)."""
    said = process.communicate(timeout=timeout_sec)[1]
    return process.returncode, said


def losses(run: Path) -> dict[int, dict[str, float]]:
    """nimg -> losses and penalties of its tick."""
    ticks = [line for line in read_log(run) if line["kind"] == "tick"]
    return {t["nimg"]: {k: v for k, v in t.items() if k.startswith(("loss", "penalty"))} for t in ticks}


def slurm(index: int, *, port: int) -> dict[str, str]:
    """What SLURM tells process `index` of two; JAX makes its port of the job's number."""
    job = {"SLURM_JOB_ID": str(port - 61440), "SLURM_STEP_NODELIST": "localhost", "SLURM_NTASKS": "2"}
    return job | {"SLURM_PROCID": str(index), "SLURM_LOCALID": str(index), "SLURM_STEP_NUM_NODES": "1"}


def port_of_a_job() -> int:
    """A free port among those that JAX chooses from under SLURM."""
    for port in range(61440 + os.getpid() % 4000, 65536):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("", port))
            return port
    raise AssertionError("no port is free")


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["tiny", "stylegan2-tiny"])
def test_two_processes_of_a_cluster_train_as_one(tiles, tmp_path, preset):
    """2 processes x 2 devices, met through SLURM's variables, and 1 x 4: five iterations, the same losses.
    StyleGAN2's are measured meanwhile, by one process."""
    more = ["--total-nimg", "40", "--checkpoint-nimg", "24", "--snapshot-nimg", "24", "--r1-interval", "1"]
    measured = preset != "tiny"
    if measured:
        more += ["--metric-images", "32", "--metrics", "kid"]
    port = port_of_a_job()
    words = command(tiles, tmp_path / "together", *more, "--distributed", preset=preset)
    with started(*[(words, devices(2) | slurm(index, port=port)) for index in range(2)]) as both:
        for process in both:
            code, said = outcome(process)
            assert code == 0, said
    with started((command(tiles, tmp_path / "alone", *more, preset=preset), devices(4))) as (one,):
        code, said = outcome(one)
        assert code == 0, said
    together, alone = losses(tmp_path / "together"), losses(tmp_path / "alone")
    assert list(together) == list(alone) == list(range(8, 48, 8))
    for nimg, expected in alone.items():
        assert together[nimg].keys() == expected.keys()
        for name, value in expected.items():
            assert abs(together[nimg][name] - value) <= 1e-5, (nimg, name)
    snapshots = [line for line in read_log(tmp_path / "together") if line["kind"] == "snapshot"]
    assert [line["nimg"] for line in snapshots] == [0, 24, 40]  # one of them writes
    assert all(("distance" in line) == measured for line in snapshots)
    assert (tmp_path / "together" / "best").is_dir() == measured


@pytest.mark.parametrize("count", [2, 4])
def test_processes_put_their_records_into_the_same_rows(tiles, monkeypatch, count):
    reals, mesh = RecordReals(Dataset(tiles)), make_mesh(devices=jax.devices()[:1])
    monkeypatch.setattr("gan.data.reals.global_array", lambda local, sharding: local)

    def rows(index: int, of: int) -> np.ndarray:
        monkeypatch.setattr(jax, "process_count", lambda: of)
        monkeypatch.setattr(jax, "process_index", lambda: index)
        draw = reals.open(mesh, batch_size=8, seed=3, nimg=16)
        return np.concatenate([np.asarray(draw(16, 2)[0]), np.asarray(draw(32, 1)[0])])

    parts = [rows(index, count) for index in range(count)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), rows(0, 1))


@pytest.mark.slow
def test_when_one_is_killed_the_others_leave_and_all_go_on(tiles, tmp_path):
    """First process 1, then process 0, which the others have been met at; then the training is finished."""
    run, last = tmp_path / "run", 0
    more = ["--total-nimg", "1280", "--checkpoint-nimg", "16", "--snapshot-nimg", "1280"]

    def lines() -> list[tuple[list[str], dict[str, str]]]:
        port = free_port()
        return [(command(tiles, run, *more, *flags(i, port=port)), devices(2)) for i in range(2)]

    for victim in (1, 0):
        with started(*lines()) as both:
            while newest(run) <= last:
                assert all(process.poll() is None for process in both), [outcome(p) for p in both]
                time.sleep(0.02)
            both[victim].send_signal(signal.SIGKILL)
            code, said = outcome(both[1 - victim], timeout_sec=STATED_SEC)
        assert code == 1, said
        line = said.strip().splitlines()[-1]
        assert line.startswith(f"process {1 - victim}: ")
        assert "another process of this training was lost" in line
        assert "Traceback" not in said
        last = newest(run)
        assert 0 < last < 1280, "it had finished: nothing was tried"
    with started(*lines()) as both:
        for process in both:
            code, said = outcome(process)
            assert code == 0, said
    assert newest(run) == 1280
    assert list(losses(run)) == list(range(8, 1288, 8))


def newest(run: Path) -> int:
    """nimg of the newest checkpoint that is whole; 0: none."""
    return max((int(p.name.split(".")[0]) for p in run.glob("checkpoints/*.crc.json")), default=0)


@pytest.mark.slow
def test_a_process_that_refuses_leaves_no_other_waiting(tiles, tmp_path):
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("mine")
    port = free_port()
    with started(*[(command(tiles, foreign, *flags(i, port=port)), devices(1)) for i in range(2)]) as both:
        codes, said = zip(*[outcome(process, timeout_sec=STATED_SEC) for process in both], strict=True)
    assert codes[0] == 2
    assert "process 0: " in said[0]
    assert "is no run folder" in said[0]
    assert codes[1] in (1, 2)  # it misses process 0, or comes to see the folder itself
    assert said[1].strip().splitlines()[-1].startswith("process 1: ")


def apart(tiles: Path, run: Path, *cases: tuple[list[str], int, str]) -> None:
    """Start a process for each (flags, devices, message): each ends with its message, in one line."""
    with started(*[(command(tiles, run, *more), devices(count)) for more, count, _ in cases]) as running:
        for process, (_, _, expected) in zip(running, cases, strict=True):
            code, said = outcome(process)
            assert code == 2, said
            assert expected in said
            assert len(said.strip().splitlines()) == 1, said
    assert not run.exists()


@pytest.mark.slow
def test_processes_with_unequal_devices_end_with_one_line(tiles, tmp_path):
    port, expected = free_port(), "different numbers of devices (1, 2)"
    apart(tiles, tmp_path / "run", *[(flags(i, port=port), i + 1, expected) for i in range(2)])


@pytest.mark.parametrize(
    ("index", "expected"),
    [(1, "process 0 was not reached at --coordinator"), (0, "not all 3 processes connected within 1 s")],
)
def test_a_process_that_waits_in_vain_ends_with_one_line(monkeypatch, index, expected):
    released, ended, port = threading.Event(), {}, free_port()

    def initialize(*args, **options):
        with socket.socket() as server:
            if index == 0:  # the coordinator
                server.bind(("127.0.0.1", port))
                server.listen()
            released.wait()

    def end(who, message, *, code):
        ended.update(message=message, code=code)
        raise SystemExit(code)

    monkeypatch.setattr(jax.distributed, "initialize", initialize)
    monkeypatch.setattr(distributed, "_on_abort", lambda *args: None)
    monkeypatch.setattr(distributed, "_end", end)
    with pytest.raises(SystemExit):
        join(
            distributed=False, coordinator=f"127.0.0.1:{port}", num_processes=3, process_id=index, wait_sec=1
        )
    released.set()
    assert ended["code"] == 2
    assert expected in ended["message"]


def test_a_missing_cluster_is_one_line(monkeypatch):
    def initialize(*args, **options):
        raise ValueError("coordinator_address\nshould be defined")

    monkeypatch.setattr(jax.distributed, "initialize", initialize)
    monkeypatch.setattr(distributed, "_on_abort", lambda *args: None)
    with pytest.raises(InputError, match=r"^[^\n]*no cluster was found[^\n]*$"):
        join(distributed=True, coordinator=None, num_processes=None, process_id=None, wait_sec=5)


@pytest.mark.slow  # waits for what does not come
def test_processes_that_do_not_meet_end_with_one_line(tiles, tmp_path):
    """No cluster; nobody at the address; the others missing; all at a time."""
    lonely, absent = free_port(), free_port()
    apart(
        tiles,
        tmp_path / "run",
        (["--distributed"], 1, "no cluster was found"),
        ([*flags(1, port=absent), "--wait-sec", "5"], 1, "process 0 was not reached at --coordinator"),
        ([*flags(0, count=3, port=lonely), "--wait-sec", "5"], 1, "not all 3 processes connected within 5 s"),
    )


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("--coordinator host:1", "must be used together"),
        ("--num-processes 2 --process-id 1", "must be used together"),
        ("--distributed --process-id 1", "use one or the other"),
        ("--coordinator host --num-processes 2 --process-id 1", "must be HOST:PORT"),
        ("--coordinator :80 --num-processes 2 --process-id 1", "must be HOST:PORT"),
        ("--coordinator host:70000 --num-processes 2 --process-id 1", "must be HOST:PORT"),
        (
            "--coordinator host:1 --num-processes 0 --process-id 0",
            "must be at least 1",
        ),
        ("--coordinator host:1 --num-processes 2 --process-id 2", "--process-id 2: must be from 0 to 1"),
        ("--distributed --wait-sec 0", "must be at least 1"),
    ],
)
def test_flags_that_cannot_be_meant(tiles, tmp_path, capsys, more, expected):
    words = ["train", "tiny", "--data", str(tiles), "--run", str(tmp_path / "run")]
    assert main([*words, *more.split()]) == 2
    assert expected in capsys.readouterr().err


def test_a_port_in_use_is_told(tiles, tmp_path, capsys):
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        port = taken.getsockname()[1]
        words = ["train", "tiny", "--data", str(tiles), "--run", str(tmp_path / "run")]
        assert main([*words, *flags(0, port=port)]) == 2
    assert f"port {port} is not available here" in capsys.readouterr().err


def test_a_loss_is_known_by_its_words_and_by_what_lies_behind():
    gloo = ValueError("UNKNOWN: Gloo AllGather failed: Read error: Connection reset by peer")
    wrapped = WorkError("checkpoint 16 could not be written")
    wrapped.__cause__ = gloo
    assert is_loss(gloo)
    assert is_loss(wrapped)
    assert not is_loss(WorkError("loss_d is no longer finite near nimg 64"))
    assert not is_loss(InputError("a folder called gloo is no run folder"))


def test_the_name_of_a_file_is_no_loss():
    """What we and the system say names folders and pipes; only what lies behind it can tell of a partner."""
    assert not is_loss(WorkError("/data/nccl-test/generator/weights.safetensors could not be written"))
    assert not is_loss(FileNotFoundError(2, "No such file or directory", "/data/gloo/log.jsonl"))
    assert not is_loss(BrokenPipeError(32, "Broken pipe"))
    full = WorkError("checkpoint 16 could not be written")
    full.__cause__ = OSError(28, "No space left on device", "/data/nccl-test/checkpoints")
    assert not is_loss(full)
    reading = OSError("it could not be read")
    reading.__cause__ = RuntimeError("NCCL operation failed: remote process exited")
    assert is_loss(reading)


def check(words: list[str]) -> None:
    """Compare two configs with process 0's; the words are PROCESS PORT DATASET LEARNING_RATE."""
    index, port, data, rate = int(words[0]), words[1], Path(words[2]), float(words[3])
    distributed.join(coordinator=f"127.0.0.1:{port}", num_processes=2, process_id=index)
    with distributed.leaving_together():
        check_same(CONFIG, Dataset(data))
        print("agreed", flush=True)
        check_same(replace(CONFIG, learning_rate=rate), Dataset(data))


def test_other_flags_in_one_process_end_all_at_once(tiles):
    """Which flag, where it differs; the other does not wait for it to be missed."""
    port, env = str(free_port()), devices(1)
    lines = [([str(i), port, str(tiles), rate], env) for i, rate in enumerate(["0.002", "0.01"])]
    with started(*lines, program=check) as both:
        said = [process.communicate(timeout=STATED_SEC) for process in both]
    assert [process.returncode for process in both] == [2, 2], said
    assert all(out.endswith("agreed\n") for out, _ in said)
    assert "process 0: another process was not started as process 0 was" in said[0][1]
    assert "process 1: not started as process 0 was: learning_rate is 0.002 there, 0.01 here" in said[1][1]
    assert all(len(err.strip().splitlines()) == 1 for _, err in said)


def test_the_end_of_another_process_at_the_start_is_one_line(monkeypatch):
    def devices():
        raise RuntimeError("Unable to initialize backend 'cpu': UNAVAILABLE:\nConnection reset by peer")

    monkeypatch.setattr(jax.distributed, "initialize", lambda *args, **options: None)
    monkeypatch.setattr(jax, "devices", devices)
    monkeypatch.setattr(distributed, "_on_abort", lambda *args: None)
    with pytest.raises(InputError, match=r"^another process ended while this one started[^\n]*$"):
        join(
            distributed=False,
            coordinator=f"127.0.0.1:{free_port()}",
            num_processes=2,
            process_id=1,
            wait_sec=5,
        )
