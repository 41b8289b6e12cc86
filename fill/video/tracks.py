"""Which region of one frame is which region of the next: tracks that colours stay with.

Plain tables on the host, a few hundred rows a frame; `fill.video.recolor` counts the pixels.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np

CUT_SHARE = 0.25  # of the area outside the largest region that has to stay alike, or else there is a cut
FEW = 3  # regions, below which nothing tells a cut from a large movement
SHARED = 0.25  # of the film for which two tracks may be seen at once and yet be one across the seam


@dataclasses.dataclass(frozen=True)
class Step:
    """Two frames, region by region; index 0 is line."""

    area_before: np.ndarray  # int [K + 1], px
    area: np.ndarray  # int [L + 1]
    after: np.ndarray  # int [K + 1], the region now that covers most of each region before; 0: none
    before: np.ndarray  # int [L + 1], the other way round
    px: np.ndarray  # int [L + 1], what a region has in common with `before`

    def persisting(self) -> np.ndarray:
        """Regions of now that are still the ones before: each of the two covers more than half of the other.

        Returns: int [3, P], for each of them the region before, the region now, and px that both have.
        """
        most = (2 * self.px > self.area) & (2 * self.px > self.area_before[self.before])
        now = np.flatnonzero((self.before > 0) & most)
        return np.stack([self.before[now], now, self.px[now]])

    def alike(self) -> np.ndarray:
        """Regions of now that share more with the one before than the two do not share: their labels."""
        union_px = self.area + self.area_before[self.before] - self.px
        return np.flatnonzero((self.before > 0) & (2 * self.px > union_px))

    def kept_share(self) -> float:
        """How much of the area outside the largest region of now is in regions that are alike, 0 to 1."""
        others = np.arange(len(self.area)) != np.argmax(self.area)
        stays = np.zeros(len(self.area), bool)
        stays[self.alike()] = True
        total = self.area[others].sum()
        return float(self.px[stays & others].sum() / total) if total else 1.0

    def is_cut(self) -> bool:
        """Whether another scene begins."""
        fewest = min(np.count_nonzero(self.area), np.count_nonzero(self.area_before))
        return bool(fewest > FEW and self.kept_share() < CUT_SHARE)

    def matches(self) -> np.ndarray:
        """Regions of now that continue one of before: each covers most of the other. Of a merger the larger
        part goes on, of a split the larger half."""
        return np.flatnonzero((self.before > 0) & (self.after[self.before] == np.arange(len(self.before))))


class Tracks:
    """Gives every region of a film a track; tracks are numbered from 1 as they are born.

    Args:
        memory_frames: how long a track that was lost may be found again where it was.
        new_on_cut: begin new tracks for all regions at a cut.
    """

    def __init__(self, *, memory_frames: int, new_on_cut: bool) -> None:
        self.memory_frames, self.new_on_cut = memory_frames, new_on_cut
        self.of_frames: list[np.ndarray] = []  # int32 [K + 1], track of each region
        self.persisting: list[np.ndarray] = []  # Step.persisting, of each frame and the one before
        self.born_in: list[int] = [0]  # frame of each track's birth; [0] is no track
        self.last_in: list[int] = [0]  # frame in which each track was last seen
        self.cuts: list[int] = []
        self.found_again = 0
        self._forgotten = 0  # tracks last seen before this frame are not looked for
        self._kept = np.zeros(0, bool)

    def begin(self, there: np.ndarray) -> None:
        """A frame of which nothing is known but its regions: bool [K + 1]; index 0 is line."""
        self._open(there)
        self.persisting.append(np.zeros((3, 0), np.int64))
        self._close(np.flatnonzero(self._kept))

    def follow(self, step: Step) -> np.ndarray:
        """The next frame: tracks go on. Returns bool [L + 1], regions that have none yet (see `settle`)."""
        self._open(step.area > 0)
        self.persisting.append(step.persisting())
        if step.is_cut():
            self.cuts.append(len(self.of_frames) - 1)
            if self.new_on_cut:
                self._forgotten = len(self.of_frames) - 1
                return np.zeros(len(step.area), bool)
        matched = step.matches()
        now, before = self.of_frames[-1], self.of_frames[-2]
        now[matched] = before[step.before[matched]]
        return self._kept & (now == 0)

    def settle(self, lost: np.ndarray | None) -> None:
        """Regions without a track get the one that was lost where they are, or a new one.

        Args:
            lost: int [L + 1], the track that most of a region's pixels had before their last; None: not
                looked for.
        """
        tracks = self.of_frames[-1]
        frame = len(self.of_frames) - 1
        new = np.flatnonzero((tracks == 0) & self._kept)
        if lost is not None:
            alive = set(tracks.tolist())
            oldest = max(frame - self.memory_frames - 1, self._forgotten)
            for region in new:
                track = int(lost[region])
                if track > 0 and self.last_in[track] >= oldest and track not in alive:
                    tracks[region] = track
                    alive.add(track)
                    self.found_again += 1
            new = np.flatnonzero((tracks == 0) & self._kept)
        self._close(new)

    def join_ends(self, seam: Step) -> tuple[np.ndarray, int]:
        """For films whose last frame leads on to the first: which tracks share a colour.

        Two that are seen side by side for long are not joined, lest regions that change places all become
        one colour. Such a region has to change its own somewhere: near the seam, where least of it persists
        from one frame to the next, its track is cut in two. If it is nowhere less, it changes at the seam.

        Args:
            seam: from the last frame to the first.

        Returns:
            int [tracks + 1], for each the oldest track that it goes on from, across the seam too, tracks
            that were cut off last; and how many regions change their colour at the seam.
        """
        members = [[track] for track in range(len(self.born_in))]
        most = SHARED * len(self.of_frames)
        first, last = self.of_frames[0], self.of_frames[-1]
        refused = []
        for region in seam.matches():
            head, tail = int(first[region]), int(last[seam.before[region]])
            a, b = members[head], members[tail]
            if a is b:
                continue
            if sum(self._seen_together(x, y) for x in a for y in b) > most:
                refused.append((head, tail, _held_px(seam.persisting(), region)))
                continue
            joined = sorted(a + b)
            for track in joined:
                members[track] = joined
        changes = 0
        for head, tail, seam_px in refused:
            if members[head] is members[tail]:
                continue
            ways = [(seam_px, 0, head)]
            ways += [(*way, tail) for way in self._ways_to_cut(tail, members[head], most, from_end=True)]
            ways += [(*way, head) for way in self._ways_to_cut(head, members[tail], most, from_end=False)]
            _, length, track = min(ways)
            if not length:
                changes += 1
                continue
            joined = members[tail if track == head else head]
            joined.append(self._cut_off(track, length, from_end=track == tail))
            members.append(joined)
        return np.array([tracks[0] for tracks in members]), changes

    def _ways_to_cut(
        self, track: int, group: list[int], most: float, *, from_end: bool
    ) -> Iterator[tuple[int, int]]:
        """Where to cut a track that lasts to an end of the film, if its piece there is to join a group.

        Yields: px that persist at the place, and how many frames the piece has, the shortest first.
        """
        count = len(self.of_frames)
        longest = count - self.born_in[track] if from_end else self.last_in[track] + 1
        for length in range(1, longest):
            begin, end = (count - length, count) if from_end else (0, length)
            beside = (min(self.last_in[x] + 1, end) - max(self.born_in[x], begin) for x in group)
            if sum(max(frames, 0) for frames in beside) > most:
                return
            after = begin if from_end else end  # the first frame after the cut
            here = np.flatnonzero(self.of_frames[after] == track).tolist()
            px = sum(_held_px(self.persisting[after], region) for region in here)
            yield px, length
            if px == 0:
                return

    def _cut_off(self, track: int, length: int, *, from_end: bool) -> int:
        """Make the last, or the first, frames of a track another one: its number."""
        new, count = len(self.born_in), len(self.of_frames)
        frames = range(count - length, count) if from_end else range(length)
        for tracks in (self.of_frames[frame] for frame in frames):
            tracks[tracks == track] = new
        self.born_in.append(frames[0])
        self.last_in.append(frames[-1])
        if from_end:
            self.last_in[track] = frames[0] - 1
        else:
            self.born_in[track] = frames[-1] + 1
        return new

    def _seen_together(self, a: int, b: int) -> int:
        """For how many frames at most two tracks were there at once."""
        return max(min(self.last_in[a], self.last_in[b]) - max(self.born_in[a], self.born_in[b]) + 1, 0)

    def _open(self, there: np.ndarray) -> None:
        self._kept = there.copy()
        self._kept[0] = False
        self.of_frames.append(np.zeros(len(there), np.int32))

    def _close(self, new: np.ndarray) -> None:
        tracks, frame = self.of_frames[-1], len(self.of_frames) - 1
        tracks[new] = len(self.born_in) + np.arange(len(new))
        self.born_in += [frame] * len(new)
        self.last_in += [frame] * len(new)
        for track in tracks[tracks > 0].tolist():
            self.last_in[track] = frame


def _held_px(persisting: np.ndarray, region: int) -> int:
    """Pixels of a region that it had in the frame before already; 0 where it does not persist."""
    _, now, px = persisting
    return int(px[now == region].sum())
