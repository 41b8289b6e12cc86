"""Whole pages as records: results, and flags without effect."""

from pathlib import Path

import pytest

from data_prep.errors import InputError
from data_prep.pages.selection import find_pages
from data_prep.records.pages import PagesConfig, check_unused, pack_pages
from data_prep.records.tile_files import RecordFiles
from tests.data_prep.conftest import bars


def test_a_result_counts_pages_and_keeps_failures(pages, tmp_path, capsys):
    (pages / "3.png").write_text("no image")
    steps = []
    made = pack_pages(
        find_pages(pages),
        tmp_path / "d",
        PagesConfig(dpi=75),
        files=RecordFiles(workers=1),
        progress=bars(steps),
    )
    assert (made.count, set(made.failures)) == (3, {"3.png"})
    assert str(made) == f"{tmp_path / 'd'}  3 pages of up to 300 x 220 x 1 in 1 shard"
    assert {label for label, _ in steps} == {"inspect", "pack --pages"}
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("config", "page", "adjustments", "flag"),
    [
        (PagesConfig(dpi=75), (), None, "--dpi"),
        (PagesConfig(rows=3), (), None, "--rows"),
        (PagesConfig(), ("1",), None, "--page"),
        (PagesConfig(), (), Path("a.json"), "--adjustments"),
    ],
)
def test_flags_without_effect_are_refused(config, page, adjustments, flag):
    check_unused(PagesConfig(), page=(), adjustments=None)
    with pytest.raises(InputError, match=f"{flag}: requires --pages"):
        check_unused(config, page=page, adjustments=adjustments)
