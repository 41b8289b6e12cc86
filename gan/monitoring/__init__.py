"""What a run reports: sample grids, metrics measured concurrently with training, plots."""
