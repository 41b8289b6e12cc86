"""The device thread: one call at a time, the latest of a name wins."""

import threading

import pytest

from studio.device import DeviceThread, Superseded


@pytest.fixture
def device():
    thread = DeviceThread()
    yield thread
    thread.close()


def test_calls_run_in_one_thread_and_raise_what_they_raise(device):
    names = {device.run(i, lambda: threading.current_thread().name) for i in range(3)}
    assert names == {"device"}
    with pytest.raises(ZeroDivisionError):
        device.run("x", lambda: 1 / 0)
    assert device.run("x", lambda: 5) == 5


def test_the_latest_of_a_name_wins_and_other_names_wait(device):
    gate, running, done = threading.Event(), threading.Event(), []

    def hold():
        running.set()
        gate.wait()

    def ask(name, value):
        try:
            done.append(device.run(name, lambda: value))
        except Superseded:
            done.append(f"not {value}")

    holder = threading.Thread(target=device.run, args=["hold", hold])
    holder.start()
    running.wait()
    asking = []
    for name, value in [("a", 1), ("b", 2), ("a", 3), ("a", 4)]:
        waiting = dict(device._waiting)
        asking.append(threading.Thread(target=ask, args=[name, value]))
        asking[-1].start()
        while dict(device._waiting) == waiting:
            pass
    gate.set()
    for thread in (holder, *asking):
        thread.join()
    assert sorted(map(str, done)) == ["2", "4", "not 1", "not 3"]


def test_a_closed_thread_refuses(device):
    device.close()
    with pytest.raises(Superseded):
        device.run("x", lambda: 1)
