"""Child processes: output, exit codes, interruption."""

import threading

import pytest

from studio.jobs.process import Process


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run `python -m inkloop WORDS` with a program of the test in its place."""

    def start(program, *words):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / "inkloop.py").write_text(program)
        monkeypatch.setattr("studio.jobs.process.inkloop.__file__", str(tmp_path / "bin" / "inkloop.py"))
        seen, ended = [], threading.Event()
        codes = []

        def end(code):
            codes.append(code)
            ended.set()

        process = Process(
            words,
            cwd=tmp_path,
            log=tmp_path / "log",
            on_line=lambda line, bar: seen.append((line, bar)),
            on_end=end,
        )
        return process, seen, codes

    return start


def test_output_goes_to_the_log_without_bars(run, tmp_path):
    program = r"""
import os, sys
print("one", sys.argv[1:], os.getcwd())
sys.stderr.write("\rcut:  50%|##  | 2/4 [00:10<00:10,  5.00s/page]")
sys.stderr.write("\rcut: 100%|####| 4/4 [00:20<00:00,  5.00s/page]\n")
sys.stdout.buffer.write(b"\xff last")
sys.exit(3)
"""
    process, seen, codes = run(program, "a b")
    assert process.wait(20)
    assert codes == [3]
    log = (tmp_path / "log").read_text().splitlines()
    assert log == [f"one ['a b'] {tmp_path}", "\ufffd last"]
    assert [bar.fraction for _, bar in seen if bar] == [0.5, 1.0]


def test_stop_interrupts_the_process_and_its_workers(run, tmp_path):
    program = r"""
import multiprocessing, signal, sys, time
def work(): time.sleep(60)
def leave(*_): raise KeyboardInterrupt
if __name__ == "__main__":
    signal.signal(signal.SIGTERM, leave)
    worker = multiprocessing.get_context("fork").Process(target=work)
    worker.start()
    print("ready", flush=True)
    try:
        worker.join()
    except KeyboardInterrupt:
        worker.join()
        sys.exit(130)
"""
    process, seen, codes = run(program)
    while not seen:
        assert not process.wait(0.02)
    process.stop()
    assert process.wait(20)
    assert codes == [130]


def test_kill_ends_what_ignores_interrupts(run):
    program = """
import signal, time
for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""
    process, seen, codes = run(program)
    while not seen:
        assert not process.wait(0.02)
    process.stop()
    assert not process.wait(0.1)
    process.kill()
    assert process.wait(20)
    assert codes == [-9]
