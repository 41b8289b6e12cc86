"""Training in several processes: initialisation, barriers, agreement on values, and joint exit."""

import collections
import contextlib
import ctypes
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import NoReturn

import jax
import numpy as np
from jax.experimental import multihost_utils

from data_prep.errors import InputError, WorkError

LOST_SEC = 50  # without a heartbeat for so long a process counts as lost; noticed within a minute
GONE = (
    "another process of this training is gone; checkpoints are kept: start all processes again with the "
    "same commands to resume from the last one"
)
GAVE_UP = "the JAX runtime gave up, for the reason above"
TRANSPORT = ("gloo", "nccl", "coordination", "by peer", "socket closed", "heartbeat", "broken pipe")
"""Words in the errors of a collective or a barrier whose peer was lost."""

_ending = threading.Lock()
_handlers: list[object] = []  # references that keep C callbacks alive


def join(
    *,
    distributed: bool = False,
    coordinator: str | None = None,
    num_processes: int | None = None,
    process_id: int | None = None,
    wait_sec: int = 300,
) -> None:
    """Initialise JAX's runtime of several processes, if flags request it; before JAX computes anything.

    From here on a process that is lost ends all others: at once where a collective notices it (gloo, on
    CPU, as a rule), else within a minute.

    Args:
        distributed: ask the cluster that started this process (SLURM, Open MPI, Kubernetes, TPU pods).
        coordinator: HOST:PORT at which process 0 is met; the next two belong to it.
        num_processes: how many there are.
        process_id: which of them this is, from 0.
        wait_sec: how long to wait for the others.

    Raises: InputError: invalid flags, no cluster, a port in use, or unequal numbers of devices.
        A timeout ends the process itself, with one line and exit code 2.
    """
    explicit = (coordinator, num_processes, process_id)
    if not distributed and explicit == (None, None, None):
        return
    _check(distributed, explicit, wait_sec)
    if coordinator is not None and process_id == 0:
        _check_port_is_free(coordinator)
    who = "inkloop gan" if process_id is None else f"process {process_id}"
    _have_aborts_say(who, f"{GAVE_UP}; has each process a --process-id of its own?")
    jax.config.update("jax_enable_preemption_service", False)  # SIGTERM is the loop's
    failures: list[Exception] = []

    def meet() -> None:
        try:
            jax.distributed.initialize(
                *explicit,
                initialization_timeout=wait_sec + 60,  # when it runs out the runtime aborts: we come before
                heartbeat_timeout_seconds=LOST_SEC,
                shutdown_timeout_seconds=LOST_SEC,
            )
        except Exception as error:  # whatever a cluster's own interface may raise
            failures.append(error)

    meeting = threading.Thread(target=meet, name="meeting", daemon=True)  # so that Ctrl-C is heard meanwhile
    meeting.start()
    try:
        meeting.join(wait_sec)
    except KeyboardInterrupt:
        _end(who, "interrupted while it waited for the other processes", code=130)
    if meeting.is_alive():
        _end(who, _waited_in_vain(coordinator, num_processes, wait_sec), code=2)
    for error in failures:
        reason = " ".join(str(error).split())[:300]
        raise InputError(_no_cluster(reason) if distributed else f"{_flags(*explicit)}: {reason}") from error
    by_process = collections.Counter(device.process_index for device in jax.devices())
    if len(set(by_process.values())) > 1:
        counts = ", ".join(str(by_process[i]) for i in sorted(by_process))
        raise InputError(f"processes have different numbers of devices ({counts}); give each the same")
    _have_aborts_say(_name(), f"{GAVE_UP}; most likely {GONE}")


def barrier(name: str) -> None:
    """Return when every process has called this."""
    if jax.process_count() > 1:
        multihost_utils.sync_global_devices(name)


@contextlib.contextmanager
def first_process_first(name: str) -> Iterator[None]:
    """The block runs in process 0, then in all others."""
    if jax.process_index() > 0:
        barrier(name)
    try:
        yield
    finally:  # the others continue, and fail by themselves if process 0 failed
        if jax.process_index() == 0:
            barrier(name)


def any_process(flag: bool) -> bool:
    """Whether `flag` is set in any process; all processes call it together."""
    if jax.process_count() == 1:
        return flag
    return bool(multihost_utils.process_allgather(np.array(flag)).any())


def agreed(number: int) -> int:
    """Process 0's number, in every process; all processes call it together."""
    if jax.process_count() == 1:
        return number
    return int(multihost_utils.broadcast_one_to_all(np.array(number)))


def from_first(text: str) -> str:
    """Process 0's text, in every process; all processes call it together."""
    if jax.process_count() == 1:
        return text
    own = np.frombuffer(text.encode(), np.uint8)
    sent = own if jax.process_index() == 0 else np.zeros(0, np.uint8)
    filled = np.resize(sent, agreed(len(own)))  # all have to send as much, and process 0's counts
    return bytes(np.asarray(multihost_utils.broadcast_one_to_all(filled), np.uint8)).decode()


@contextlib.contextmanager
def leaving_together() -> Iterator[None]:
    """With several processes, an error in one ends it at once, after its one line.

    Leaving in order would wait for the others, who wait for this one in a collective; they notice that it
    is gone, and leave in turn. Ctrl-C and SIGTERM stay what they are: the loop agrees on them.
    """
    try:
        yield
    except Exception as error:
        if not jax.distributed.is_initialized() or jax.process_count() == 1:
            raise
        if is_loss(error):
            _end(_name(), GONE, code=1)
        if not isinstance(error, (InputError, WorkError, OSError)):
            traceback.print_exc()
        _end(_name(), str(error), code=2 if isinstance(error, InputError) else 1)


def is_loss(error: BaseException) -> bool:
    """Whether an error, or one behind it, says that another process no longer answers."""
    if isinstance(error, InputError):
        return False
    behind = error.__cause__ or error.__context__
    ours = isinstance(error, (WorkError, OSError))  # these name files, whatever those are called
    told = "" if ours else str(error).lower()
    return any(word in told for word in TRANSPORT) or (behind is not None and is_loss(behind))


def _name() -> str:
    return f"process {jax.process_index()}"


def _end(who: str, message: str, *, code: int) -> NoReturn:
    """One line, and out without a goodbye. The first to speak ends the process, others wait for that."""
    _ending.acquire()
    print(f"{who}: {' '.join(message.split())}", file=sys.stderr, flush=True)
    os._exit(code)


def _have_aborts_say(who: str, message: str) -> None:
    """Have the runtime's abort end in our line and exit code 1.

    JAX's coordination service aborts a process whose partners are lost, by a log entry and a stack trace,
    and takes no callback from Python (jaxlib 0.10). Python's own signal handlers would run later, in a main
    thread that waits in a collective for ever: this one runs in the thread that aborts.
    """
    handler = ctypes.CFUNCTYPE(None, ctypes.c_int)(lambda signum: _end(who, message, code=1))
    _handlers.append(handler)
    ctypes.CDLL(None).signal(int(signal.SIGABRT), handler)


def _check(distributed: bool, explicit: tuple[str | None, int | None, int | None], wait_sec: int) -> None:
    coordinator, num_processes, process_id = explicit
    if wait_sec < 1:
        raise InputError(f"--wait-sec {wait_sec}: it should be at least 1")
    if distributed:
        if explicit != (None, None, None):
            raise InputError(
                "--distributed asks the cluster for what --coordinator, --num-processes and --process-id "
                "say; give either it or these"
            )
        return
    if coordinator is None or num_processes is None or process_id is None:
        raise InputError("--coordinator, --num-processes and --process-id are given together or not at all")
    host, _, port = coordinator.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise InputError(f"--coordinator {coordinator}: it should be HOST:PORT, such as host0:1234")
    if num_processes < 1:
        raise InputError(f"--num-processes {num_processes}: it should be at least 1")
    if not 0 <= process_id < num_processes:
        raise InputError(f"--process-id {process_id}: it should be 0 to {num_processes - 1}")


def _check_port_is_free(coordinator: str) -> None:
    """The runtime does not survive a port in use."""
    port = int(coordinator.rpartition(":")[2])
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            raise InputError(
                f"--coordinator {coordinator}: port {port} of this machine cannot be had ({error.strerror}); "
                "choose another for all processes, or see whether another process 0 is running"
            ) from error


def _waited_in_vain(coordinator: str | None, num_processes: int | None, wait_sec: int) -> str:
    """The timeout message, with what can be found out about missing processes."""
    if coordinator is None:
        return (
            f"not all processes have come within {wait_sec} s; see what became of them, or raise --wait-sec"
        )
    host, _, port = coordinator.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
    except OSError as error:
        return (
            f"process 0 was not met at --coordinator {coordinator} within {wait_sec} s "
            f"({error.strerror or error}); start it there, correct the address, or raise --wait-sec"
        )
    return (
        f"not all {num_processes} processes came within {wait_sec} s; start every one of them, each with "
        "its own --process-id, or raise --wait-sec"
    )


def _flags(coordinator: str | None, num_processes: int | None, process_id: int | None) -> str:
    return f"--coordinator {coordinator} --num-processes {num_processes} --process-id {process_id}"


def _no_cluster(reason: str) -> str:
    return (
        f"--distributed: no cluster was found (JAX: {reason.rstrip('.')}); it knows SLURM, Open MPI, "
        "Kubernetes and TPU pods. Elsewhere give every process --coordinator HOST:PORT --num-processes N "
        "--process-id I"
    )
