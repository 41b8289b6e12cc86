"""Child processes: output, exit codes, interruption."""

import os
import subprocess
import sys
import threading

import pytest

from studio.jobs.process import Process, start_time


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


def test_modules_in_the_folder_are_not_imported(run, tmp_path, monkeypatch):
    for name in ("inkloop", "json"):
        (tmp_path / f"{name}.py").write_text("print('of the folder')")
    monkeypatch.setenv("PYTHONPATH", "::")
    grandchild = "subprocess.call([sys.executable, '-c', 'import json; print(json.__name__)'])"
    process, seen, _ = run(f"import json, subprocess, sys; print('ours', flush=True); {grandchild}")
    assert process.wait(20)
    assert [line for line, _ in seen] == ["ours", "json"]


def test_a_log_that_cannot_be_written_does_not_hold_the_process(run, tmp_path):
    (tmp_path / "log").mkdir()
    process, seen, codes = run("for i in range(3000): print('x' * 80)")
    assert process.wait(20)
    assert (len(seen), codes) == (3000, [0])


def test_workers_that_outlive_the_process_are_stopped(run):
    process, seen, codes = run("""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(60)"])
""")
    while not seen:
        assert not process.wait(0.02)
    process._child.wait()
    process.kill()
    assert process.wait(20)
    assert codes == [0]


def test_start_times_tell_processes_apart():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = start_time(child.pid)
    assert started == start_time(child.pid) > start_time(1)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert start_time(child.pid) is None  # ended, though nobody has waited for it
    child.communicate()
