"""`gan export`: files, and results that exist."""

from gan.__main__ import main


def test_files_are_listed_and_reused(untrained_run, tmp_path, capsys):
    out = tmp_path / "out"
    words = ["export", str(untrained_run), "--out", str(out)]
    assert main(words) == 0
    names = [line.split("  ")[0].rsplit("/", 1)[-1] for line in capsys.readouterr().out.splitlines()]
    assert names == [
        "map.stablehlo",
        "map.safetensors",
        "synthesize.stablehlo",
        "synthesize.safetensors",
        "export.json",
    ]
    assert all((out / name).is_file() for name in names)
    assert main(words) == 0
    assert "already done" in capsys.readouterr().out


def test_a_folder_without_a_generator(tmp_path, capsys):
    assert main(["export", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "holds no generator" in capsys.readouterr().err
