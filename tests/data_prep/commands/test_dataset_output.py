"""Summaries of datasets."""

from data_prep.commands.dataset_output import describe


def test_summaries_count_records_and_shards():
    assert describe(748, (256, 256, 1), 1) == "748 records of 256 x 256 x 1 in 1 shard"
    assert describe(1, (8, 9, 3), 2, kind="pages") == "1 page of up to 8 x 9 x 3 in 2 shards"
