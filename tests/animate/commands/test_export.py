"""`inkloop export`: what is printed, and input that is refused."""

import pytest

import inkloop
from animate.commands.export import main
from animate.page import runtime
from configs.gan import tiny
from gan.config import ProganConfig, replace
from tests.animate.page.conftest import fake_runtime, untrained  # noqa: F401 - a fixture


@pytest.fixture
def run(tmp_path):
    network = ProganConfig(z_dim=12, channel_base=64, channel_max=8)
    untrained(tmp_path / "run", replace(tiny.CONFIG, family="progan", network=network), (8, 8, 1))
    return tmp_path / "run"


def test_a_page_is_exported_once(run, tmp_path, capsys, monkeypatch, fake_runtime):  # noqa: F811
    monkeypatch.setattr(runtime, "FOLDER", fake_runtime)
    monkeypatch.setattr("animate.page.site.find_runtime", lambda: runtime.find_runtime(folder=fake_runtime))
    words = ["export", "page", str(run), "--out", str(tmp_path / "site"), "--seed", "3", "--ink", "#102030"]
    assert inkloop.main(words) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"{tmp_path / 'site'}  ")
    assert "http.server" in printed
    assert inkloop.main(words) == 0
    assert "already done" in capsys.readouterr().out


def test_a_folder_without_a_generator(tmp_path, capsys):
    assert main(["page", str(tmp_path), "--out", str(tmp_path / "site")]) == 2
    assert "holds no generator" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_bad_settings_are_refused_first(run, tmp_path, capsys):
    assert main(["page", str(run), "--out", str(tmp_path / "site"), "--paper", "white"]) == 2
    assert "--paper white" in capsys.readouterr().err


def test_another_runtime_package(tmp_path, capsys):
    (tmp_path / "package.tgz").write_bytes(b"other")
    assert main(["runtime", str(tmp_path / "package.tgz")]) == 2
    assert "is not onnxruntime-web" in capsys.readouterr().err
