"""Where the specimens of a page stand. Pure."""

from data_prep.paper import find_paper

__all__ = ["find_paper"]
