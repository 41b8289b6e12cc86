"""Binding, tokens, the printed address, and how the studio ends."""

import asyncio
import logging
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from http.cookiejar import CookieJar

import pytest

from data_prep.errors import InputError
from studio.server import _is_news, allowed_hosts, bind, check_host, is_loopback
from studio.state import Studio, state_folder


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", "10.0.0.1"])
def test_other_hosts_need_a_token(host):
    with pytest.raises(InputError, match="--token"):
        check_host(host, None)
    check_host(host, "a-token-of-mine-1")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.1.2.3"])
def test_this_machine_needs_none(host):
    assert is_loopback(host)
    check_host(host, None)


@pytest.mark.parametrize(
    "token", ["", "short", "x" * 15, "with spaces in between", "semi;colon;semi;colon", "ü" * 20]
)
def test_tokens_are_long_and_plain(token):
    with pytest.raises(InputError, match="--token"):
        check_host("127.0.0.1", token)


def test_ports(tmp_path):
    with pytest.raises(InputError, match="--port"):
        bind("127.0.0.1", 70_000)
    with bind("127.0.0.1", 0) as first:
        assert first.getsockname()[0] == "127.0.0.1"
        with pytest.raises(InputError, match="--port"):
            bind("127.0.0.1", first.getsockname()[1])


def test_host_names_carry_the_port():
    assert allowed_hosts("127.0.0.1", 80) == {"127.0.0.1:80", "localhost:80"}
    assert "192.168.1.5:99" in allowed_hosts("192.168.1.5", 99)
    assert "[::1]:9" in allowed_hosts("::1", 9)


def test_state_lies_outside_of_root(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "project").mkdir()
    studio = Studio(tmp_path / "project")
    studio.close()
    assert studio.folder == state_folder(tmp_path / "project")
    assert studio.folder.is_relative_to(tmp_path / "cache")
    assert list((tmp_path / "project").iterdir()) == []


def test_compiled_programs_stay_for_the_next_start(tmp_path, monkeypatch):
    """The command names their folder before JAX is imported."""
    from studio.__main__ import main

    for name in ("JAX_COMPILATION_CACHE_DIR", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "INKLOOP_TRACES"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    seen = []
    monkeypatch.setattr(
        "studio.server.serve", lambda *_, **__: seen.append(os.environ["JAX_COMPILATION_CACHE_DIR"])
    )
    assert main([str(tmp_path)]) == 0
    assert seen == [str(tmp_path / "inkloop" / "jax")]


def test_the_command_prints_its_address_serves_and_ends_with_ctrl_c(root, tmp_path):
    """As a process: a job that it started ends with it."""

    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    words = [sys.executable, "-m", "inkloop", "studio", str(root), "--no-open"]
    endings = (signal.SIGTERM if _ignores_interrupts() else signal.SIGINT, signal.SIGHUP)
    first, second = (
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(2)
    )
    try:
        found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/\?token=([\w-]{32})\n", first.stdout.readline())
        assert found
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        assert b"inkloop studio" in opener.open(found[0].strip()).read()
        request = urllib.request.Request(
            f"http://127.0.0.1:{found[1]}/api/home/samples",
            data=b"{}",
            headers={"content-type": "application/json", "x-inkloop-studio": "1"},
            method="POST",
        )
        assert b'"state": "running"' in opener.open(request).read()
        second.stdout.readline()
    finally:
        for process, ending in zip((second, first), endings, strict=True):
            process.send_signal(ending)
    outputs = [process.communicate(timeout=60) for process in (first, second)]
    assert found[2] not in outputs[0][1]
    assert sum("another studio is open" in err for _, err in outputs) == 1
    records = list((tmp_path / "cache").rglob("0001.json"))
    assert len(records) == 1
    assert '"state": "stopped"' in records[0].read_text()


def test_requests_that_are_cut_off_at_the_end_are_no_errors():
    def record(message, error=None):
        info = None if error is None else (type(error), error, None)
        return logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, message, (), info)

    assert _is_news(record("Exception in ASGI application", ZeroDivisionError()))
    assert not _is_news(record("Exception in ASGI application", asyncio.CancelledError()))
    assert not _is_news(record("Cancel 1 running task(s), timeout graceful shutdown exceeded"))


def _ignores_interrupts():
    return signal.getsignal(signal.SIGINT) == signal.SIG_IGN
