"""The queue of jobs: order, limits, states, records on disk. Processes are replaced by fakes."""

import json
import signal
import subprocess
import sys
from typing import ClassVar

import pytest

from data_prep.errors import InputError
from studio.jobs import queue
from studio.jobs.process import start_time
from studio.jobs.progress import Progress
from studio.jobs.queue import Jobs
from studio.project import NotFound


class FakeProcess:
    """Ends when the test says so, or when it is stopped."""

    started: ClassVar[list["FakeProcess"]] = []
    pid = 2**30  # above those of the system

    def __init__(self, words, *, cwd, log, on_line, on_end):
        self.words, self.on_line, self.on_end = words, on_line, on_end
        self.is_stubborn = "stubborn" in words
        self.is_killed, self.stops = False, 0
        self.started.append(self)

    def stop(self):
        self.stops += 1
        if not self.is_stubborn:
            self.on_end(130)

    def kill(self):
        self.is_killed = True

    def wait(self, timeout_sec):
        return not self.is_stubborn or self.is_killed


@pytest.fixture
def make(tmp_path, monkeypatch):
    FakeProcess.started = []
    monkeypatch.setattr(queue, "Process", FakeProcess)
    events = []

    def make():
        return Jobs(tmp_path, tmp_path / "jobs", on_change=lambda name, value: events.append((name, value)))

    make.events = events
    return make


def states(jobs):
    return [job.state for job in reversed(jobs.all())]


def test_others_wait_and_start_in_order(make):
    jobs = make()
    for number in range(4):
        jobs.start(["gan", "train", number], title=str(number))
    assert states(jobs) == ["running", "running", "waiting", "waiting"]
    FakeProcess.started[1].on_end(0)
    assert states(jobs) == ["running", "done", "running", "waiting"]
    assert FakeProcess.started[2].words == ["gan", "train", "2"]


@pytest.mark.parametrize(
    ("code", "state"), [(0, "done"), (1, "failed"), (2, "failed"), (130, "stopped"), (-9, "stopped")]
)
def test_exit_codes(make, code, state):
    jobs = make()
    jobs.start(["x"], title="x")
    FakeProcess.started[0].on_end(code)
    assert states(jobs) == [state]
    assert jobs.all()[0].code == code


def test_the_same_command_runs_once_and_resumes_under_its_number(make):
    jobs = make()
    first = jobs.start(["x"], title="x")
    with pytest.raises(InputError, match="running already"):
        jobs.start(["x"], title="x")
    jobs.stop(first.id)
    assert states(jobs) == ["stopped"]
    assert jobs.start(["x"], title="x").id == first.id
    assert len(FakeProcess.started) == 2


def test_a_waiting_job_that_is_stopped_does_not_start(make):
    jobs = make()
    numbers = [jobs.start([str(i)], title="").id for i in range(3)]
    jobs.stop(numbers[2])
    FakeProcess.started[0].on_end(0)
    assert states(jobs) == ["done", "running", "stopped"]


def test_progress_and_messages_are_published(make):
    jobs = make()
    jobs.start(["x"], title="x")
    process = FakeProcess.started[0]
    process.on_line("cut: 50%", Progress("cut", 0.5))
    process.on_line("tiles  12 tiles", None)
    assert make.events[-1][0] == "job"
    job = jobs.all()[0]
    assert (job.progress.fraction, job.message) == (0.5, "tiles  12 tiles")
    assert job.as_json()["command"] == "inkloop x"


def test_a_restarted_studio_knows_its_jobs(make):
    jobs = make()
    jobs.start(["a b"], title="A")
    jobs.start(["c"], title="C")
    FakeProcess.started[1].on_end(0)
    again = make()  # the first one was killed
    assert states(again) == ["stopped", "done"]
    assert again.all()[1].command == "inkloop 'a b'"
    assert again.again("0001").state == "running"


def test_closing_interrupts_all_and_kills_the_rest(make, monkeypatch):
    monkeypatch.setattr(queue, "STOP_SEC", 0.0)
    jobs = make()
    jobs.start(["polite"], title="")
    jobs.start(["stubborn"], title="")
    jobs.start(["waiting"], title="")
    jobs.close()
    assert [process.is_killed for process in FakeProcess.started] == [False, True]
    assert states(jobs) == ["stopped", "stopping", "stopped"]


def test_ended_jobs_can_be_forgotten(make, tmp_path):
    jobs = make()
    number = jobs.start(["x"], title="x").id
    with pytest.raises(InputError, match="stop it first"):
        jobs.forget(number)
    FakeProcess.started[0].on_end(0)
    jobs.forget(number)
    assert list((tmp_path / "jobs").iterdir()) == []
    for call in (jobs.stop, jobs.again, jobs.log, jobs.forget):
        with pytest.raises(NotFound):
            call(number)


def test_log_shows_the_command(make):
    jobs = make()
    number = jobs.start(["fill", "blob"], title="").id
    assert jobs.log(number) == "$ inkloop fill blob"


def test_a_job_is_interrupted_once(make, monkeypatch):
    monkeypatch.setattr(queue, "STOP_SEC", 0.0)
    jobs = make()
    number = jobs.start(["stubborn"], title="").id
    assert [jobs.stop(number).state for _ in range(2)] == ["stopping", "stopping"]
    jobs.close()
    assert (FakeProcess.started[0].stops, FakeProcess.started[0].is_killed) == (1, True)


def test_another_ctrl_c_while_closing_kills(make):
    jobs = make()
    jobs.start(["stubborn"], title="")
    process = FakeProcess.started[0]
    wait = process.wait

    def interrupted(timeout_sec):
        process.wait = wait
        raise KeyboardInterrupt

    process.wait = interrupted
    with pytest.raises(KeyboardInterrupt):
        jobs.close()
    assert process.is_killed


def test_a_job_that_cannot_be_started_has_failed_and_the_next_one_runs(make, monkeypatch):
    def process(words, **options):
        if words == ["bad"]:
            raise OSError(7, "Argument list too long")
        return FakeProcess(words, **options)

    monkeypatch.setattr(queue, "Process", process)
    jobs = make()
    number = jobs.start(["bad"], title="").id
    assert (jobs.get(number).state, jobs.get(number).message[-22:]) == ("failed", "Argument list too long")
    jobs.start(["good"], title="")
    assert states(jobs) == ["failed", "running"]
    jobs.forget(number)


def test_records_that_cannot_be_written_do_not_stop_the_queue(make, monkeypatch):
    def full(*words, **options):
        raise OSError(28, "No space left on device")

    jobs = make()
    jobs.start(["x"], title="")
    monkeypatch.setattr(queue.outputs, "write_json", full)
    FakeProcess.started[0].on_end(0)
    assert states(jobs) == ["done"]


def test_a_process_that_outlived_its_studio_is_interrupted_before_it_resumes(make, tmp_path):
    jobs = make()
    number = jobs.start(["x"], title="").id
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    file = tmp_path / "jobs" / f"{number}.json"
    record = json.loads(file.read_text())
    later = start_time(child.pid) + 1
    file.write_text(json.dumps(record | {"pid": child.pid, "pid_started": later}))
    assert states(make()) == ["stopped"]  # the id belongs to another process now
    assert child.poll() is None
    file.write_text(json.dumps(record | {"pid": child.pid, "pid_started": later - 1}))
    again = make()
    with pytest.raises(InputError, match="running already"):
        again.start(["x"], title="")
    assert child.wait(20) == -signal.SIGTERM
    again.close()
    assert states(again) == ["stopped"]
    assert json.loads(file.read_text())["pid"] is None


def test_results_get_free_names(make, tmp_path):
    jobs = make()

    def out(*settings):
        return jobs.words_with_out(lambda name: ["cut", "--out", name, *settings], "my pages", suffix=".mp4")

    assert out() == ["cut", "--out", "my-pages.mp4"]
    first = jobs.start(out(), title="")
    assert out()[2] == "my-pages.mp4"  # the same one
    assert out("--fast")[2] == "my-pages-2.mp4"  # before the first file is there
    (tmp_path / "my-pages.mp4").touch()
    jobs.stop(first.id)
    assert out()[2] == "my-pages.mp4"  # resumes
    jobs.start(out(), title="")
    FakeProcess.started[-1].on_end(0)
    assert out()[2] == "my-pages-2.mp4"
    (tmp_path / "my-pages-2.mp4").symlink_to("nowhere")
    assert out()[2] == "my-pages-3.mp4"
