"""The jobs of a studio: started, stopped and run again; their records and logs stay on disk."""

import contextlib
import dataclasses
import json
import os
import re
import shlex
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from data_prep import outputs
from data_prep.errors import InputError
from studio.jobs.process import INTERRUPTED, Process, Survivor, start_time
from studio.jobs.progress import Progress
from studio.project import NotFound

MOST_RUNNING = 2  # others wait
MOST_RESULTS = 1_000  # of one name
TAIL_LINES = 400
PUBLISH_SEC = 0.2  # between events about the progress of one job
STOP_SEC = 20.0  # after Ctrl-C of the studio until a job is killed
State = Literal["waiting", "running", "stopping", "done", "failed", "stopped"]


@dataclasses.dataclass
class Job:
    """One command and its state."""

    id: str
    title: str
    words: list[str]  # after `inkloop`
    state: State
    created_sec: float
    started_sec: float | None = None
    ended_sec: float | None = None
    code: int | None = None
    progress: Progress = dataclasses.field(default_factory=Progress)
    message: str = ""  # the last line that is no progress bar
    pid: int | None = None  # of its process while it runs
    pid_started: int | None = None  # see `start_time`

    @property
    def command(self) -> str:
        """The command, ready to paste into a shell."""
        return shlex.join(["inkloop", *self.words])

    @property
    def is_active(self) -> bool:
        return self.state in ("waiting", "running", "stopping")

    def as_json(self) -> dict[str, Any]:
        """Fields and the command line."""
        return dataclasses.asdict(self) | {"command": self.command}


class Jobs:
    """Jobs of one ROOT. Thread-safe."""

    def __init__(self, root: Path, folder: Path, *, on_change: Callable[[str, Any], None]) -> None:
        self._root, self._folder, self._on_change = root, folder, on_change
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._jobs = {job.id: job for job in _stored(folder)}
        self._processes: dict[str, Process | Survivor] = {}
        self._tails: dict[str, deque[str]] = {}
        self._published: dict[str, float] = {}
        self._is_closed = False
        with self._lock:
            for job in self._jobs.values():
                if job.is_active:
                    self._end_survivor(job)

    def start(self, words: Sequence[str], *, title: str) -> Job:
        """Run `inkloop WORDS...` in ROOT; it waits if enough others run.

        Raises: InputError: the same command runs already.
        """
        words = [str(word) for word in words]
        with self._lock:
            for job in self._jobs.values():
                if job.words == words and job.is_active:
                    raise InputError(f"`{job.command}` is running already")
                if job.words == words:
                    return self.again(job.id)
            number = 1 + max((int(number) for number in self._jobs), default=0)
            job = Job(f"{number:04d}", title, words, "waiting", time.time())
            self._jobs[job.id] = job
            self._changed(job)
            self._start_waiting()
            return job

    def words_with_out(
        self, words: Callable[[str], Sequence[str]], stem: str, *, suffix: str = ""
    ) -> list[str]:
        """Words of a command whose result gets a new name in ROOT: STEMSUFFIX, STEM-2SUFFIX, ...

        The same command gets the name that it has while it runs, and after it was stopped: it resumes.

        Args:
            words: makes the words with a name for --out.
            stem: characters that a shell would quote become dashes.
            suffix: of files, e.g. ".mp4".

        Raises: InputError: there are too many results.
        """
        stem = re.sub(r"[^\w.-]+", "-", stem)
        with self._lock:
            jobs = list(self._jobs.values())
        taken = {out for job in jobs if job.is_active for out in _outs(job)}
        own = {tuple(job.words) for job in jobs if job.is_active or job.state == "stopped"}
        for number in range(1, MOST_RESULTS):
            name = f"{stem}{f'-{number}' if number > 1 else ''}{suffix}"
            made = [str(word) for word in words(name)]
            if tuple(made) in own or (name not in taken and not os.path.lexists(self._root / name)):
                return made
        raise InputError(f"{stem}: there are {MOST_RESULTS - 1} results already; move some elsewhere")

    def again(self, number: str) -> Job:
        """Run a job again: a stopped one resumes. Raises: NotFound. InputError: it runs."""
        with self._lock:
            job = self.get(number)
            if job.is_active:
                raise InputError(f"`{job.command}` is running already")
            job.state, job.code, job.ended_sec = "waiting", None, None
            job.progress, job.message = Progress(), ""
            self._changed(job)
            self._start_waiting()
            return job

    def stop(self, number: str) -> Job:
        """Interrupt a job as Ctrl-C does; a waiting one does not start. Raises: NotFound."""
        with self._lock:
            job = self.get(number)
            if job.state == "waiting":
                job.state = "stopped"
            elif job.state == "running":  # once: a second Ctrl-C discards the checkpoint being written
                job.state = "stopping"
                if process := self._processes.get(number):
                    process.stop()
            self._changed(job)
            return job

    def forget(self, number: str) -> None:
        """Remove an ended job from the list; its results stay. Raises: NotFound. InputError: it runs."""
        with self._lock:
            job = self.get(number)
            if job.is_active:
                raise InputError(f"`{job.command}` is running; stop it first")
            del self._jobs[number]
            for suffix in (".json", ".log"):
                (self._folder / f"{number}{suffix}").unlink(missing_ok=True)
            self._on_change("jobs", self.as_json())

    def get(self, number: str) -> Job:
        """The job of an id. Raises: NotFound."""
        try:
            return self._jobs[number]
        except KeyError:
            raise NotFound(f"no job {number!r}") from None

    def all(self) -> "list[Job]":
        """All jobs, newest first."""
        with self._lock:
            return sorted(self._jobs.values(), key=lambda job: job.id, reverse=True)

    def as_json(self) -> "list[dict[str, Any]]":
        """All jobs, newest first, as JSON values."""
        return [job.as_json() for job in self.all()]

    def log(self, number: str) -> str:
        """The last lines of a job's output. Raises: NotFound."""
        self.get(number)
        try:
            text = (self._folder / f"{number}.log").read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-TAIL_LINES:])

    def close(self) -> None:
        """Interrupt all jobs, wait for them, and kill those that do not end."""
        with self._lock:
            self._is_closed = True
            for job in self._jobs.values():
                if job.is_active:
                    self.stop(job.id)
            processes = list(self._processes.values())
        deadline = time.monotonic() + STOP_SEC
        try:
            for process in processes:
                process.wait(max(0.0, deadline - time.monotonic()))
        finally:  # also if another Ctrl-C ends the waiting
            running = [process for process in processes if not process.wait(0.0)]
            for process in running:
                process.kill()
            for process in running:
                process.wait(5.0)

    def _start_waiting(self) -> None:
        waiting = [job for job in self._jobs.values() if job.state == "waiting"]
        for job in sorted(waiting, key=lambda job: job.id):
            if self._is_closed or len(self._processes) >= MOST_RUNNING:
                return
            self._launch(job)

    def _launch(self, job: Job) -> None:
        job.state, job.started_sec = "running", time.time()
        log = self._folder / f"{job.id}.log"
        try:
            with open(log, "a", encoding="utf-8") as file:
                file.write(f"$ {job.command}\n")
            process = Process(
                job.words,
                cwd=self._root,
                log=log,
                on_line=lambda line, bar: self._on_line(job, line, bar),
                on_end=lambda code: self._on_end(job, code),
            )
        except OSError as error:
            job.state, job.ended_sec = "failed", time.time()
            job.message = f"it could not be started: {error.strerror or error}"
        else:
            self._processes[job.id] = process
            job.pid, job.pid_started = process.pid, start_time(process.pid)
        self._changed(job)

    def _end_survivor(self, job: Job) -> None:
        """Interrupt the process of a job that outlived its studio; without one the job is stopped."""
        pid, started = job.pid, job.pid_started
        if pid is None or started is None or start_time(pid) != started:
            job.state, job.pid, job.pid_started = "stopped", None, None
            return
        survivor = Survivor(pid, started, on_end=lambda code: self._on_end(job, code))
        self._processes[job.id] = survivor
        if job.state == "running":
            survivor.stop()
        job.state = "stopping"
        self._changed(job)

    def _on_line(self, job: Job, line: str, bar: Progress | None) -> None:
        with self._lock:
            if bar is None:
                job.message = line
            else:
                job.progress = bar
            now = time.monotonic()
            if now - self._published.get(job.id, 0.0) >= PUBLISH_SEC:
                self._published[job.id] = now
                self._on_change("job", job.as_json())

    def _on_end(self, job: Job, code: int) -> None:
        with self._lock:
            interrupted = code == INTERRUPTED or code < 0 or (job.state == "stopping" and code != 0)
            job.state = "done" if code == 0 else "stopped" if interrupted else "failed"
            job.code, job.ended_sec = code, time.time()
            job.pid = job.pid_started = None
            self._processes.pop(job.id, None)
            self._changed(job)
            self._start_waiting()

    def _changed(self, job: Job) -> None:
        with contextlib.suppress(OSError):  # a full disk must not stop the queue
            outputs.write_json(self._folder / f"{job.id}.json", dataclasses.asdict(job))
        self._on_change("job", job.as_json())


def _outs(job: Job) -> list[str]:
    return [value for flag, value in zip(job.words, job.words[1:], strict=False) if flag == "--out"]


def _stored(folder: Path) -> list[Job]:
    """Jobs of earlier starts, as they were then."""
    jobs = []
    for path in sorted(folder.glob("*.json")):
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            job = Job(**value | {"progress": Progress(**value["progress"])})
        except (OSError, ValueError, TypeError, KeyError):
            continue
        jobs.append(job)
    return jobs
