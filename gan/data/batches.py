"""Records -> batches in a shuffled order that depends on seed and position only.

Record b * B + j of the endless shuffled order is row j of global batch b, whoever reads it: each process
takes a contiguous block of rows, and nimg alone is needed to resume.
"""

from collections.abc import Iterator

import grain
import numpy as np

from data_prep.errors import InputError
from data_prep.records.dataset import Dataset

READ_THREADS = 4
PREFETCH_BATCHES = 8


def batches(
    dataset: Dataset,
    *,
    batch_size: int,
    seed: int,
    first_nimg: int = 0,
    process_index: int = 0,
    process_count: int = 1,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Endless batches (images [B / process_count, H, W, C] uint8, labels int32), read ahead in threads.

    The order is a new permutation of the whole dataset every epoch; epochs run into one another, so every
    batch is full.

    Args:
        dataset: where records come from.
        batch_size: B, the global batch; divisible by process_count.
        seed: of the order.
        first_nimg: images seen before; a multiple of batch_size.
        process_index: which block of rows is this process's.
        process_count: over how many processes the rows are split.

    Labels of records without one are -1.

    Raises: WorkError, while iterating: a record is damaged.
    """
    assert first_nimg % batch_size == 0 == batch_size % process_count, (first_nimg, batch_size, process_count)
    rows = batch_size // process_count
    order = grain.MapDataset.range(len(dataset)).seed(seed).shuffle().repeat()

    def read(number: int) -> tuple[np.ndarray, np.ndarray]:
        first = number * batch_size + process_index * rows  # of this process's rows, in the endless order
        records = [dataset[int(order[i])] for i in range(first, first + rows)]
        labels = [-1 if record.label is None else record.label for record in records]
        return np.stack([record.image for record in records]), np.array(labels, np.int32)

    numbers = grain.MapDataset.range(len(order) // batch_size)
    stream = iter(
        numbers.map(read).to_iter_dataset(
            grain.ReadOptions(num_threads=READ_THREADS, prefetch_buffer_size=PREFETCH_BATCHES)
        )
    )
    grain.experimental.set_next_index(stream, first_nimg // batch_size)
    return stream


def check_dataset(dataset: Dataset, *, batch_size: int) -> None:
    """Raise InputError unless `dataset` holds a batch."""
    if len(dataset) < batch_size:
        raise InputError(
            f"{dataset.folder} holds {len(dataset)} images, fewer than a batch (--batch-size {batch_size}); "
            "add images or lower the batch"
        )


def read_images(dataset: Dataset, indices: np.ndarray) -> np.ndarray:
    """Records at `indices`, in that order: [N, H, W, C] uint8."""
    return np.stack([dataset[int(i)].image for i in indices])
