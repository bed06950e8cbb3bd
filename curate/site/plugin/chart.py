"""Draw how well confidence met truth, as an SVG picture: a dot for each band of ten per cent.

Pure, and in whole pixels, so the same bands give the same bytes. Colours come from the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.site.plugin.words import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curate.posts.predictions import Band

SIDE = 300  # pixels of the square that is plotted
LEFT, TOP, RIGHT, BELOW = 46, 12, 14, 46  # room for words around it
QUARTERS = (0, 25, 50, 75, 100)
SMALLEST, LARGEST = 5, 12  # radius of a dot, in pixels


def calibration_chart(bands: Sequence[Band]) -> str:
    """Return the picture: said from left to right, happened upwards, more predictions a larger dot."""
    lines = []
    for part in QUARTERS:
        x, y = _place(part / 100, part / 100)
        lines += [
            f'<path class="grid" d="M{LEFT} {y}h{SIDE}M{x} {TOP}v{SIDE}"/>',
            f'<text x="{LEFT - 8}" y="{y + 5}" text-anchor="end">{part}</text>',
            f'<text x="{x}" y="{TOP + SIDE + 18}" text-anchor="middle">{part}</text>',
        ]
    lines += [
        f'<path class="ideal" d="M{LEFT} {TOP + SIDE}L{LEFT + SIDE} {TOP}"/>',
        f'<text x="{LEFT + SIDE // 2}" y="{TOP + SIDE + 38}" text-anchor="middle">said, %</text>',
        f'<text transform="translate(14 {TOP + SIDE // 2}) rotate(-90)" text-anchor="middle">happened, %</text>',
    ]
    most = max((band.count for band in bands), default=1)
    for band in bands:
        x, y = _place(band.said, band.happened)
        radius = SMALLEST + (LARGEST - SMALLEST) * (band.count - 1) // max(most - 1, 1)
        lines.append(f'<circle cx="{x}" cy="{y}" r="{radius}"/>')
    size = f'viewBox="0 0 {LEFT + SIDE + RIGHT} {TOP + SIDE + BELOW}"'
    return f'<svg class="chart" role="img" aria-label="{_in_words(bands)}" {size}>{"".join(lines)}</svg>'


def _place(said: float, happened: float) -> tuple[int, int]:
    return LEFT + round(said * SIDE), TOP + round((1 - happened) * SIDE)


def _in_words(bands: Sequence[Band]) -> str:
    told = "; ".join(f"said {percent(band.said)}, happened {percent(band.happened)}" for band in bands)
    return f"Calibration: {told or 'nothing graded yet'}"
