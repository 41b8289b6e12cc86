"""The jobs of a studio: started, stopped and run again; their records and logs stay on disk."""

import dataclasses
import json
import shlex
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from data_prep import outputs
from data_prep.errors import InputError
from studio.jobs.process import Process
from studio.jobs.progress import Progress
from studio.project import NotFound

MOST_RUNNING = 2  # others wait
TAIL_LINES = 400
PUBLISH_SEC = 0.2  # between events about the progress of one job
STOP_SEC = 20.0  # after Ctrl-C of the studio until a job is killed
INTERRUPTED = 130
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
        self._processes: dict[str, Process] = {}
        self._tails: dict[str, deque[str]] = {}
        self._published: dict[str, float] = {}
        self._is_closed = False

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
            elif job.is_active:
                job.state = "stopping"
                self._processes[number].stop()
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
        for process in processes:
            if not process.wait(max(0.0, deadline - time.monotonic())):
                process.kill()
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
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"$ {job.command}\n")
        self._processes[job.id] = Process(
            job.words,
            cwd=self._root,
            log=log,
            on_line=lambda line, bar: self._on_line(job, line, bar),
            on_end=lambda code: self._on_end(job, code),
        )
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
            self._processes.pop(job.id, None)
            self._changed(job)
            self._start_waiting()

    def _changed(self, job: Job) -> None:
        outputs.write_json(self._folder / f"{job.id}.json", dataclasses.asdict(job))
        self._on_change("job", job.as_json())


def _stored(folder: Path) -> list[Job]:
    """Jobs of earlier starts; those that ran when the studio ended are stopped ones."""
    jobs = []
    for path in sorted(folder.glob("*.json")):
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            job = Job(**value | {"progress": Progress(**value["progress"])})
        except (OSError, ValueError, TypeError, KeyError):
            continue
        if job.is_active:
            job.state = "stopped"
        jobs.append(job)
    return jobs
