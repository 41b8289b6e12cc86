"""Counts in words, as results and messages tell them."""


def counted(count: int, noun: str) -> str:
    """1, "page" -> "1 page"; 2, "page" -> "2 pages"; "class" becomes "classes"."""
    ending = "" if count == 1 else "es" if noun.endswith(("s", "x", "ch", "sh")) else "s"
    return f"{count} {noun}{ending}"


def some(names: list[str], *, most: int = 5) -> str:
    """The first few of many names: "a, b, c, d, e and 3 more"."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
