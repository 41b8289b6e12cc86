"""Match regions of consecutive frames into tracks; each track has one colour.

Small tables on the host, a few hundred rows per frame; `fill.video.recolor` counts the pixels.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np

CUT_FRACTION = 0.25  # below this stable fraction (outside the largest region) a step is a cut
FEW = 3  # with no more regions than this, cuts and large movements cannot be distinguished
MAX_OVERLAP = 0.25  # of the video: tracks visible at once for longer are not joined across the seam


@dataclasses.dataclass(frozen=True)
class Step:
    """Overlap of the regions of two consecutive frames; index 0 is line."""

    area_before: np.ndarray  # int [K + 1], px
    area: np.ndarray  # int [L + 1]
    after: np.ndarray  # int [K + 1], the new region that covers most of each old region; 0: none
    before: np.ndarray  # int [L + 1], the old region that covers most of each new region; 0: none
    px: np.ndarray  # int [L + 1], overlap of each new region with `before`

    def persisting(self) -> np.ndarray:
        """Find regions that persist: the old and the new one cover more than half of each other.

        Returns: int [3, P]: old region, new region, overlap in px.
        """
        most = (2 * self.px > self.area) & (2 * self.px > self.area_before[self.before])
        now = np.flatnonzero((self.before > 0) & most)
        return np.stack([self.before[now], now, self.px[now]])

    def alike(self) -> np.ndarray:
        """Labels of new regions whose intersection over union with the old one exceeds a half."""
        union_px = self.area + self.area_before[self.before] - self.px
        return np.flatnonzero((self.before > 0) & (2 * self.px > union_px))

    def stable_fraction(self) -> float:
        """Fraction of the area outside the largest new region that lies in alike regions, 0 to 1."""
        others = np.arange(len(self.area)) != np.argmax(self.area)
        stays = np.zeros(len(self.area), bool)
        stays[self.alike()] = True
        total = self.area[others].sum()
        return float(self.px[stays & others].sum() / total) if total else 1.0

    def is_cut(self) -> bool:
        """Whether a new scene begins."""
        fewest = min(np.count_nonzero(self.area), np.count_nonzero(self.area_before))
        return bool(fewest > FEW and self.stable_fraction() < CUT_FRACTION)

    def matches(self) -> np.ndarray:
        """Labels of new regions that continue an old one: each covers most of the other. Of a merger the
        larger part continues, of a split the larger half."""
        return np.flatnonzero((self.before > 0) & (self.after[self.before] == np.arange(len(self.before))))


class Tracks:
    """Assign a track to every region of a video; tracks are numbered from 1 in order of appearance.

    Args:
        memory_frames: how many frames a lost track can be recovered after.
        new_on_cut: begin new tracks for all regions at a cut.
    """

    def __init__(self, *, memory_frames: int, new_on_cut: bool) -> None:
        self.memory_frames, self.new_on_cut = memory_frames, new_on_cut
        self.of_frames: list[np.ndarray] = []  # int32 [K + 1], track of each region
        self.persisting: list[np.ndarray] = []  # Step.persisting, of each frame and the one before
        self.first_frame: list[int] = [0]  # first frame of each track; [0] is no track
        self.last_frame: list[int] = [0]  # latest frame of each track
        self.cuts: list[int] = []
        self.found_again = 0
        self._forgotten = 0  # tracks last seen before this frame cannot be recovered
        self._has_region = np.zeros(0, bool)

    def begin(self, there: np.ndarray) -> None:
        """Start with the regions of the first frame, bool [K + 1]; index 0 is line."""
        self._open(there)
        self.persisting.append(np.zeros((3, 0), np.int64))
        self._close(np.flatnonzero(self._has_region))

    def follow(self, step: Step) -> np.ndarray:
        """Continue tracks into the next frame. Returns bool [L + 1], regions without one (see `settle`)."""
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
        return self._has_region & (now == 0)

    def settle(self, lost: np.ndarray | None) -> None:
        """Give regions without a track the lost track at their place, or a new one.

        Args:
            lost: int [L + 1], the track that most of a region's pixels had before their latest; None: do
                not recover tracks.
        """
        tracks = self.of_frames[-1]
        frame = len(self.of_frames) - 1
        new = np.flatnonzero((tracks == 0) & self._has_region)
        if lost is not None:
            alive = set(tracks.tolist())
            oldest = max(frame - self.memory_frames - 1, self._forgotten)
            for region in new:
                track = int(lost[region])
                if track > 0 and self.last_frame[track] >= oldest and track not in alive:
                    tracks[region] = track
                    alive.add(track)
                    self.found_again += 1
            new = np.flatnonzero((tracks == 0) & self._has_region)
        self._close(new)

    def join_ends(self, seam: Step) -> tuple[np.ndarray, int]:
        """Choose which tracks of a loop share a colour so that the seam is invisible.

        Tracks that are visible together for long are not joined: otherwise regions that change places would
        all become one colour. Such a region changes colour where fewest of its pixels persist: its track is
        cut there, near the seam, or it changes at the seam.

        Args:
            seam: from the last frame to the first.

        Returns:
            int [tracks + 1], the oldest track that each continues across the seam (cut-off tracks last);
            and how many regions change colour at the seam.
        """
        members = [[track] for track in range(len(self.first_frame))]
        most = MAX_OVERLAP * len(self.of_frames)
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
        """Candidate cuts of a track that reaches an end of the video, if its end piece is to join a group.

        Yields: px that persist at the cut, and the length of the piece in frames, shortest first.
        """
        count = len(self.of_frames)
        longest = count - self.first_frame[track] if from_end else self.last_frame[track] + 1
        for length in range(1, longest):
            begin, end = (count - length, count) if from_end else (0, length)
            overlap = (min(self.last_frame[x] + 1, end) - max(self.first_frame[x], begin) for x in group)
            if sum(max(frames, 0) for frames in overlap) > most:
                return
            after = begin if from_end else end  # the first frame after the cut
            here = np.flatnonzero(self.of_frames[after] == track).tolist()
            px = sum(_held_px(self.persisting[after], region) for region in here)
            yield px, length
            if px == 0:
                return

    def _cut_off(self, track: int, length: int, *, from_end: bool) -> int:
        """Split the last (or first) frames of a track off into a new one; returns its number."""
        new, count = len(self.first_frame), len(self.of_frames)
        frames = range(count - length, count) if from_end else range(length)
        for tracks in (self.of_frames[frame] for frame in frames):
            tracks[tracks == track] = new
        self.first_frame.append(frames[0])
        self.last_frame.append(frames[-1])
        if from_end:
            self.last_frame[track] = frames[0] - 1
        else:
            self.first_frame[track] = frames[-1] + 1
        return new

    def _seen_together(self, a: int, b: int) -> int:
        """Upper bound of the number of frames in which two tracks are both visible."""
        begin = max(self.first_frame[a], self.first_frame[b])
        return max(min(self.last_frame[a], self.last_frame[b]) - begin + 1, 0)

    def _open(self, there: np.ndarray) -> None:
        self._has_region = there.copy()
        self._has_region[0] = False
        self.of_frames.append(np.zeros(len(there), np.int32))

    def _close(self, new: np.ndarray) -> None:
        tracks, frame = self.of_frames[-1], len(self.of_frames) - 1
        tracks[new] = len(self.first_frame) + np.arange(len(new))
        self.first_frame += [frame] * len(new)
        self.last_frame += [frame] * len(new)
        for track in tracks[tracks > 0].tolist():
            self.last_frame[track] = frame


def _held_px(persisting: np.ndarray, region: int) -> int:
    """Pixels that a region shares with its persisting predecessor; 0 where it does not persist."""
    _, now, px = persisting
    return int(px[now == region].sum())
