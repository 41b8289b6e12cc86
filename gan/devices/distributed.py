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

LOST_SEC = 50  # without a heartbeat after which a process counts as lost; detected within a minute
GONE = (
    "another process of this training was lost; start all processes again with the same commands to resume "
    "from the last checkpoint"
)
ABORTED = "the JAX runtime aborted, for the reason above"
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
    """Initialise JAX's multi-process runtime, if flags request it; call before any JAX computation.

    Afterwards the loss of one process ends all others: at once where a collective detects it (usually gloo,
    on CPU), else within a minute.

    Args:
        distributed: read the settings of the cluster that started this process (SLURM, Open MPI, Kubernetes,
            TPU pods).
        coordinator: HOST:PORT of process 0; requires the next two.
        num_processes: number of processes.
        process_id: number of this process, from 0.
        wait_sec: timeout for the other processes, s.

    Raises: InputError: invalid flags, no cluster, a port in use, a process that ended, or unequal numbers of
        devices.
        A timeout ends the process with one line and exit code 2.
    """
    explicit = (coordinator, num_processes, process_id)
    if not distributed and explicit == (None, None, None):
        return
    _check(distributed, explicit, wait_sec)
    if coordinator is not None and process_id == 0:
        _check_port_is_free(coordinator)
    who = "inkloop gan" if process_id is None else f"process {process_id}"
    _on_abort(who, f"{ABORTED}; check that every process has its own --process-id")
    jax.config.update("jax_enable_preemption_service", False)  # the training loop handles SIGTERM
    failures: list[Exception] = []

    def initialize() -> None:
        try:
            jax.distributed.initialize(
                *explicit,
                initialization_timeout=wait_sec + 60,  # at this timeout the runtime aborts; ours is earlier
                heartbeat_timeout_seconds=LOST_SEC,
                shutdown_timeout_seconds=LOST_SEC,
            )
        except Exception as error:  # cluster interfaces raise various errors
            failures.append(error)

    connecting = threading.Thread(
        target=initialize, name="initialize", daemon=True
    )  # so that Ctrl-C works meanwhile
    connecting.start()
    try:
        connecting.join(wait_sec)
    except KeyboardInterrupt:
        _end(who, "interrupted while waiting for the other processes", code=130)
    if connecting.is_alive():
        _end(who, _timeout_message(coordinator, num_processes, wait_sec), code=2)
    for error in failures:
        reason = " ".join(str(error).split())[:300]
        raise InputError(_no_cluster(reason) if distributed else f"{_flags(*explicit)}: {reason}") from error
    try:
        devices = jax.devices()
    except RuntimeError as error:  # the other processes are asked for their devices
        raise InputError(
            "another process ended while this one started; see its output, and start all processes again"
        ) from error
    by_process = collections.Counter(device.process_index for device in devices)
    if len(set(by_process.values())) > 1:
        counts = ", ".join(str(by_process[i]) for i in sorted(by_process))
        raise InputError(
            f"processes have different numbers of devices ({counts}); use the same number in each"
        )
    _on_abort(_name(), f"{ABORTED}; most likely {GONE}")


def is_first() -> bool:
    """Whether this is process 0, which writes and prints."""
    return jax.process_index() == 0


def barrier(name: str) -> None:
    """Return when every process has called this."""
    if jax.process_count() > 1:
        multihost_utils.sync_global_devices(name)


@contextlib.contextmanager
def first_process_first(name: str) -> Iterator[None]:
    """Run the block in process 0, then in all others."""
    if jax.process_index() > 0:
        barrier(name)
    try:
        yield
    finally:  # the others continue; they fail themselves if process 0 failed
        if jax.process_index() == 0:
            barrier(name)


def any_process(flag: bool) -> bool:
    """Whether `flag` is set in any process; all processes call it together."""
    if jax.process_count() == 1:
        return flag
    return bool(multihost_utils.process_allgather(np.array(flag)).any())


def agreed(number: int) -> int:
    """Broadcast process 0's number; all processes call it together."""
    if jax.process_count() == 1:
        return number
    return int(multihost_utils.broadcast_one_to_all(np.array(number)))


def from_first(text: str) -> str:
    """Broadcast process 0's text; all processes call it together."""
    if jax.process_count() == 1:
        return text
    own = np.frombuffer(text.encode(), np.uint8)
    sent = own if jax.process_index() == 0 else np.zeros(0, np.uint8)
    filled = np.resize(sent, agreed(len(own)))  # all send arrays of one size; process 0's is used
    return bytes(np.asarray(multihost_utils.broadcast_one_to_all(filled), np.uint8)).decode()


@contextlib.contextmanager
def leaving_together() -> Iterator[None]:
    """With several processes, exit at once on an error, after a one-line message.

    A regular shutdown would wait for the other processes, which wait for this one in a collective. They
    detect the loss and exit too. Ctrl-C and SIGTERM are unaffected: the loop synchronises on them.
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
    """Whether an error, or its cause, reports that another process no longer responds."""
    if isinstance(error, InputError):
        return False
    cause = error.__cause__ or error.__context__
    ours = isinstance(error, (WorkError, OSError))  # their messages contain file names, which may match
    message = "" if ours else str(error).lower()
    return any(word in message for word in TRANSPORT) or (cause is not None and is_loss(cause))


def _name() -> str:
    return f"process {jax.process_index()}"


def _end(who: str, message: str, *, code: int) -> NoReturn:
    """Print one line and exit without cleanup. The first caller ends the process; other threads block."""
    _ending.acquire()
    print(f"{who}: {' '.join(message.split())}", file=sys.stderr, flush=True)
    os._exit(code)


def _on_abort(who: str, message: str) -> None:
    """Make an abort of the runtime print one line and exit with code 1.

    JAX's coordination service aborts a process whose partners are lost, with a log entry and a stack trace,
    and accepts no callback from Python (jaxlib 0.10). Python's signal handlers would run in the main thread,
    which may wait in a collective forever; this handler runs in the aborting thread.
    """
    handler = ctypes.CFUNCTYPE(None, ctypes.c_int)(lambda signum: _end(who, message, code=1))
    _handlers.append(handler)
    ctypes.CDLL(None).signal(int(signal.SIGABRT), handler)


def _check(distributed: bool, explicit: tuple[str | None, int | None, int | None], wait_sec: int) -> None:
    coordinator, num_processes, process_id = explicit
    if wait_sec < 1:
        raise InputError(f"--wait-sec {wait_sec}: must be at least 1")
    if distributed:
        if explicit != (None, None, None):
            raise InputError(
                "--distributed reads from the cluster what --coordinator, --num-processes and --process-id "
                "specify; use one or the other"
            )
        return
    if coordinator is None or num_processes is None or process_id is None:
        raise InputError("--coordinator, --num-processes and --process-id: must be used together")
    host, _, port = coordinator.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise InputError(f"--coordinator {coordinator}: must be HOST:PORT, such as host0:1234")
    if num_processes < 1:
        raise InputError(f"--num-processes {num_processes}: must be at least 1")
    if not 0 <= process_id < num_processes:
        raise InputError(f"--process-id {process_id}: must be from 0 to {num_processes - 1}")


def _check_port_is_free(coordinator: str) -> None:
    """Raise InputError if the port is in use; the runtime would abort."""
    port = int(coordinator.rpartition(":")[2])
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            raise InputError(
                f"--coordinator {coordinator}: port {port} is not available here ({error.strerror}); "
                "choose another for all processes, or check whether another process 0 is running"
            ) from error


def _timeout_message(coordinator: str | None, num_processes: int | None, wait_sec: int) -> str:
    """Timeout message, with the likely cause."""
    if coordinator is None:
        return f"not all processes connected within {wait_sec} s; check them, or increase --wait-sec"
    host, _, port = coordinator.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
    except OSError as error:
        return (
            f"process 0 was not reached at --coordinator {coordinator} within {wait_sec} s "
            f"({error.strerror or error}); start it there, correct the address, or increase --wait-sec"
        )
    return (
        f"not all {num_processes} processes connected within {wait_sec} s; start every one, each with "
        "its own --process-id, or increase --wait-sec"
    )


def _flags(coordinator: str | None, num_processes: int | None, process_id: int | None) -> str:
    return f"--coordinator {coordinator} --num-processes {num_processes} --process-id {process_id}"


def _no_cluster(reason: str) -> str:
    return (
        f"--distributed: no cluster was found (JAX: {reason.rstrip('.')}); supported are SLURM, Open MPI, "
        "Kubernetes and TPU pods. Elsewhere start every process with --coordinator HOST:PORT "
        "--num-processes N --process-id I"
    )
