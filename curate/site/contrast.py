"""Compute the contrast of a theme's colours from its style sheet, by the formula of WCAG 2.2.

Pure. Knows the names of the colours (the custom properties of ``:root``) and which stand on which;
a style sheet that has none of them is somebody else's and is not judged.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXTS = ("text", "muted", "link", "visited", "accent", "right", "wrong", "pending")
PARTS = ("control", "focus")  # borders and rings
LEAST_TEXT, LEAST_PART = 4.5, 3.0  # https://www.w3.org/TR/WCAG22/#contrast-minimum and #non-text-contrast
ROOT = re.compile(r":root\s*\{([^}]*)\}")
DARK = re.compile(r"@media\s*(?:screen\s+and\s*)?\(prefers-color-scheme:\s*dark\)\s*\{\s*:root\s*\{([^}]*)\}")
TOKEN = re.compile(r"--([a-z-]+):\s*(#[0-9A-Fa-f]{6})\b")


def weak_pairs(css: str) -> Iterator[str]:
    """Yield a sentence for each pair of colours that is too much alike, in light and in dark."""
    light = ROOT.search(css)
    dark = DARK.search(css)
    tokens = dict(TOKEN.findall(light[1])) if light else {}
    schemes = {"light": tokens, "dark": {**tokens, **dict(TOKEN.findall(dark[1]))}} if dark else {"light": tokens}
    for scheme, colours in schemes.items():
        for name, on, least in _pairs():
            if name in colours and on in colours:
                ratio = contrast(colours[name], colours[on])
                if ratio < least:
                    yield f"{name} on {on} has a contrast of {ratio:.2f} in {scheme}; at least {least:g} is needed."


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, written #RRGGBB: from 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (https://www.w3.org/TR/WCAG22/#dfn-relative-luminance)."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _pairs() -> Iterator[tuple[str, str, float]]:
    for on in ("bg", "surface"):
        yield from ((name, on, LEAST_TEXT) for name in TEXTS)
        yield from ((name, on, LEAST_PART) for name in PARTS)
    yield "text", "mark", LEAST_TEXT
