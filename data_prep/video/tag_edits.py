"""Edit the tags of a video page by page: boundaries stay in order whatever is done. Pure.

A page has at most one tag, its last frame. Frames before it that belong to no earlier page belong to it.
"""

import bisect
import dataclasses
from collections.abc import Sequence

from data_prep.errors import InputError
from data_prep.video.frame_index import FrameIndex
from data_prep.video.tags import Span, Tags


@dataclasses.dataclass(frozen=True)
class PageTags:
    """The last frame of each page, in the order of the pages; None: not tagged.

    Those that are tagged do not descend, and lie in the video, after every method.
    """

    frames: int  # of the video
    lasts: tuple[int | None, ...]

    def bounds(self, page: int) -> tuple[int, int]:
        """First and last frame that a page may end at: the tags before and after it, or the ends."""
        self._check(page)
        before = [last for last in self.lasts[:page] if last is not None]
        after = [last for last in self.lasts[page + 1 :] if last is not None]
        return (before[-1] if before else 0), (after[0] if after else self.frames - 1)

    def tag(self, page: int, frame: int) -> "PageTags":
        """Let a page end at a frame, or as near to it as its neighbours allow."""
        low, high = self.bounds(page)
        return self._with(page, min(max(frame, low), high))

    def untag(self, page: int) -> "PageTags":
        """Remove the tag of a page; its frames belong to the next tagged page."""
        self._check(page)
        return self._with(page, None)

    def clear(self) -> "PageTags":
        """Remove all tags."""
        return PageTags(self.frames, (None,) * len(self.lasts))

    def page_of(self, frame: int) -> int | None:
        """The number of the page of a frame; None: after the last tag."""
        tagged = [(last, page) for page, last in enumerate(self.lasts) if last is not None]
        place = bisect.bisect_left([last for last, _ in tagged], frame)
        return tagged[place][1] if place < len(tagged) else None

    def as_tags(self, pages: Sequence[str], index: FrameIndex) -> Tags:
        """As tags.json holds them: a span for each tagged page.

        Args:
            pages: names in order.
            index: of the video.
        """
        spans = [
            Span(name, last, int(index.pts[last]))
            for name, last in zip(pages, self.lasts, strict=True)
            if last is not None
        ]
        return Tags(index.video.name, index.fps, tuple(spans))

    def _with(self, page: int, last: int | None) -> "PageTags":
        return PageTags(self.frames, (*self.lasts[:page], last, *self.lasts[page + 1 :]))

    def _check(self, page: int) -> None:
        if not 0 <= page < len(self.lasts):
            raise InputError(f"page {page}: must be between 0 and {len(self.lasts) - 1}")


def page_tags(tags: Tags | None, pages: Sequence[str], index: FrameIndex, *, where: str = "tags") -> PageTags:
    """Tags of a file, by page; None: no page is tagged.

    Args:
        tags: see Tags.
        pages: names in order.
        index: of the video.
        where: named in errors.

    Raises: InputError: tags of another version of the video, of unknown pages, or not in order.
    """
    lasts: list[int | None] = [None] * len(pages)
    if tags is not None:
        tags.check(index, pages=pages, where=where)
        for span in tags.spans:
            lasts[pages.index(span.page)] = span.last_frame
    return PageTags(len(index), tuple(lasts))
