"""The bytes of a foreign file, read from the start on, and what reading them may cost."""

import mmap

MOST_OPCODES = 1_000_000  # networks of 1024 px need a tenth; a byte can ask for an object of 200


class Budget:
    """What reading a file may still cost: opcodes and items, and bytes, of which each may be read twice.

    Args:
        size: of the file, in bytes.
    """

    def __init__(self, size: int) -> None:
        self.steps, self.bytes = MOST_OPCODES, 2 * size

    def spend(self, steps: int, size: int) -> None:
        """Pay for opcodes or items, and for bytes. Raises ValueError if nothing is left."""
        self.steps, self.bytes = self.steps - steps, self.bytes - size
        if self.steps < 0:
            raise ValueError(f"its pickle has more than {MOST_OPCODES} opcodes")
        if self.bytes < 0:
            raise ValueError("its pickle uses what it holds over and over")


class ByteStream:
    """Bytes read from the start on, as `pickletools` reads them; never more than there are."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self.data, self.position = data, 0

    def read(self, count: int) -> bytes:
        """The next `count` bytes, fewer at the end."""
        part = self.data[self.position : self.position + max(count, 0)]
        self.position += len(part)
        return part

    def readline(self) -> bytes:
        """Up to and with the next line feed."""
        end = self.data.find(b"\n", self.position) + 1
        return self.read((end or len(self.data)) - self.position)

    def line(self) -> str:
        """The next line as text, without its end."""
        return self.readline().decode().rstrip("\n")

    def skip(self, count: int) -> int:
        """Pass over exactly `count` bytes; where they begin. Raises ValueError if fewer are left."""
        if not 0 <= count <= len(self.data) - self.position:
            raise ValueError("it is cut short")
        self.position += count
        return self.position - count

    def take(self, count: int) -> bytes:
        """Exactly `count` bytes. Raises ValueError if fewer are left."""
        begin = self.skip(count)
        return self.data[begin : begin + count]
