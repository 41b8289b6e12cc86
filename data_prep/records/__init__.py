"""ArrayRecord datasets: writing, reading, labels, excluded records, quality, unpacking."""
