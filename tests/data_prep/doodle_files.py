"""Small drawings and the files that hold them: archives of points, lines of JSON."""

import json

import numpy as np

STROKES = [
    [np.array([[0, 0], [10, 4]]), np.array([[2, 8], [9, 9], [3, 3]])],
    [np.array([[5, 5], [7, 20], [9, 1]])],
    [np.array([[1, 1], [4, 4]]), np.array([[6, 0], [6, 9]])],
]


def points_of(drawings) -> tuple[np.ndarray, np.ndarray]:
    """Archive arrays with absolute points and ends of strokes."""
    rows = [
        [*point, int(last)]
        for drawing in drawings
        for stroke in drawing
        for point, last in zip(stroke, [False] * (len(stroke) - 1) + [True], strict=True)
    ]
    sizes = [sum(map(len, drawing)) for drawing in drawings]
    return np.array(rows, np.int16), np.cumsum([0, *sizes]).astype(np.int32)


def lines_of(drawings, words) -> str:
    return "".join(
        json.dumps({"word": word, "drawing": [stroke.T.tolist() for stroke in drawing]}) + "\n"
        for drawing, word in zip(drawings, words, strict=True)
    )
