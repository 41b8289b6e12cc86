"""Sequential reader of an untrusted file, and a budget for the work of reading it."""

import mmap

MOST_OPCODES = 1_000_000  # networks of 1024 px need a tenth; one byte can create an object of 200 bytes


class Budget:
    """Remaining budget of opcodes and items, and of bytes; each byte may be read twice.

    Args:
        size: size of the file in bytes.
    """

    def __init__(self, size: int) -> None:
        self.steps, self.bytes = MOST_OPCODES, 2 * size

    def spend(self, steps: int, size: int) -> None:
        """Spend opcodes or items, and bytes. Raises ValueError if the budget is exceeded."""
        self.steps, self.bytes = self.steps - steps, self.bytes - size
        if self.steps < 0:
            raise ValueError(f"its pickle has more than {MOST_OPCODES} opcodes")
        if self.bytes < 0:
            raise ValueError("its pickle reuses its content too often")


class ByteStream:
    """Sequential bytes with the interface that `pickletools` reads from."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self.data, self.position = data, 0

    def read(self, count: int) -> bytes:
        """The next `count` bytes, fewer at the end."""
        part = self.data[self.position : self.position + max(count, 0)]
        self.position += len(part)
        return part

    def readline(self) -> bytes:
        """Up to and including the next line feed."""
        end = self.data.find(b"\n", self.position) + 1
        return self.read((end or len(self.data)) - self.position)

    def line(self) -> str:
        """The next line as text, without its end."""
        return self.readline().decode().rstrip("\n")

    def skip(self, count: int) -> int:
        """Skip exactly `count` bytes; returns their position. Raises ValueError if fewer are left."""
        if not 0 <= count <= len(self.data) - self.position:
            raise ValueError("it is truncated")
        self.position += count
        return self.position - count

    def take(self, count: int) -> bytes:
        """Exactly `count` bytes. Raises ValueError if fewer are left."""
        begin = self.skip(count)
        return self.data[begin : begin + count]
