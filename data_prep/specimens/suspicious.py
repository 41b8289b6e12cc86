"""Specimens to check by hand: of unusual size, cut off, touching, overlapping or without ink."""

import numpy as np

from data_prep.specimens.pages import PageSpecimens, overlapping, oversized

UNUSUAL = 1.5  # times the typical longer side of the page, or below its inverse
FEW = 4  # specimens; fewer have no typical size


def find_suspicious(page: PageSpecimens, crop_px: int) -> list[list[str]]:
    """Reasons to check each specimen of a page; none: an empty list.

    Args:
        page: its specimens.
        crop_px: side of the square that is cut around each.

    Returns: one list per specimen, in their order.
    """
    specimens = page.specimens
    sides = (specimens.boxes_px[:, 2:] - specimens.boxes_px[:, :2]).max(axis=1, initial=0)
    inked = sides > 0
    typical = float(np.median(sides[inked])) if inked.sum() >= FEW else 0.0
    reasons: list[list[str]] = [[] for _ in range(len(specimens))]
    for index, side in enumerate(sides.tolist()):
        if not side:
            reasons[index].append("no ink was detected here")
        elif typical and not typical / UNUSUAL <= side <= typical * UNUSUAL:
            size = "large" if side > typical else "small"
            reasons[index].append(f"{size}: {side} px, typical are {typical:.0f}")
        if specimens.touching[index]:
            reasons[index].append("its ink touches a neighbour")
    for index in oversized(page, crop_px):
        if inked[index]:
            reasons[index].append(f"its ink exceeds the square of {crop_px} px")
    for first, second in overlapping(page):
        reasons[first].append(f"overlaps number {second + 1}")
        reasons[second].append(f"overlaps number {first + 1}")
    return reasons
