"""Reads the text in pictures, English and Chinese, with models that the package brings along."""

from dataclasses import replace
from functools import cache
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge.loading.layout import Box, Piece

Picture = npt.NDArray[np.uint8]

# The longer side, in pixels, to which pictures are shrunk: an A4 page at 170 dots an inch. Beyond
# it the models take more memory than a child has, and read no better.
LONGEST_SIDE = 2_000
# Models sure of less are guessing at smudges.
_SCORE = 0.6
# The models' boxes reach this much beyond the letters' size.
_BOX_HEIGHT = 1.4
_LIKE = 1.35


def read_picture(picture: Picture, points: float) -> tuple[Piece, ...]:
    """The pieces of text in a picture, `(height, width, 3)` in blue, green, red.

    A pixel is `points` wide on the page; boxes and sizes are in these.
    """
    result = _engine()(picture)
    boxes, texts = result.boxes, result.txts
    if boxes is None or texts is None:
        return ()
    return _of_like_size(
        [
            _piece(corners, text, points)
            for corners, text, score in zip(boxes.tolist(), texts, result.scores, strict=True)
            if score >= _SCORE and text.strip()
        ]
    )


def _piece(corners: list[list[float]], text: str, points: float) -> Piece:
    across = [x * points for x, _ in corners]
    down = [y * points for _, y in corners]
    box = Box(min(across), min(down), max(across), max(down))
    return Piece(" ".join(text.split()), box, round(box.height / _BOX_HEIGHT, 1))


def _of_like_size(pieces: list[Piece]) -> tuple[Piece, ...]:
    """The pieces, those of about the usual size as if of it: boxes are no exact measure."""
    if not pieces:
        return ()
    usual = median(piece.size for piece in pieces)
    return tuple(
        replace(piece, size=usual) if usual / _LIKE <= piece.size <= usual * _LIKE else piece
        for piece in pieces
    )


@cache
def _engine() -> Any:
    """The models, opened once; they take about a second and 0.4 GB."""
    # Imported late: a PDF with text needs none of it.
    import cv2  # noqa: PLC0415
    from rapidocr import RapidOCR  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]

    cv2.setNumThreads(1)  # the other cores answer customers
    return RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.max_side_len": LONGEST_SIDE,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
