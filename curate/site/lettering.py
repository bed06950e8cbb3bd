"""Set words into a rectangle: which font has their letters, where lines break, how large they fit.

Knows Pillow and fonts, not posts. The same words and fonts give the same pixels. Scripts that are joined
or run from the right are set by Raqm, which some systems lack: their words then have no font.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import regex
from PIL import Image, ImageDraw, ImageFont, features

if TYPE_CHECKING:
    from collections.abc import Sequence

FONT = Path(__file__).parent / "fonts" / "DejaVuSans-Bold.ttf"  # Latin, Greek, Cyrillic, Hebrew, Arabic and more
FONTS = (".ttf", ".otf", ".ttc")
LEADING = 1.2  # height of a line, in sizes of its letters
NO_START = frozenset("、。，．・：；？！）」』】〕》〉ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々…")
NO_END = frozenset("（「『【〔《〈")
ORNAMENT = ("So", "Sk", "Cf", "Cn", "Co", "Me", "Mn")  # what may fall away where no font has it: emoji and their like


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Words that are set: their lines, the font in its size, and whether they run from the right."""

    lines: tuple[str, ...]
    font: ImageFont.FreeTypeFont
    from_right: bool

    @property
    def height(self) -> int:
        """How high all lines are, in pixels."""
        return round(len(self.lines) * self.font.size * LEADING)


def fonts_in(folder: Path) -> tuple[Path, ...]:
    """Return our font, then those a person put into ``folder``, in the order of their names."""
    own = sorted(path for path in folder.glob("*") if path.suffix.lower() in FONTS) if folder.is_dir() else []
    return (FONT, *own)


def set_words(text: str, fonts: Sequence[Path], *, width: int, height: int, sizes: Sequence[int]) -> Setting | None:
    """Set ``text`` in the largest of ``sizes`` (falling) in which it fits; at the smallest, cut it short with “…”.

    None when it has no words, or letters that none of the fonts has.
    """
    words, path = _find_font(unicodedata.normalize("NFC", text), fonts)
    if path is None or not words:
        return None
    strong = (side for side in map(unicodedata.bidirectional, words) if side in ("L", "R", "AL"))
    from_right = next(strong, "L") != "L"
    for size in sizes[:-1]:
        font = _load(path, size, words)
        lines, whole = _wrap(words, font, width)
        if whole and len(lines) <= _room(height, size):
            return Setting(lines=tuple(lines), font=font, from_right=from_right)
    font, most = _load(path, sizes[-1], words), _room(height, sizes[-1])
    lines, _ = _wrap(words, font, width)
    if len(lines) > most:
        lines = [*lines[: most - 1], _cut(lines[most - 1], font, width)]
    return Setting(lines=tuple(lines), font=font, from_right=from_right)


def draw_words(draw: ImageDraw.ImageDraw, setting: Setting, sides: tuple[int, int], *, top: int, fill: str) -> int:
    """Draw what is set between two ``sides``, each line from its beginning; return where it ends below."""
    left, right = sides
    for number, line in enumerate(setting.lines):
        place = right if setting.from_right else left
        base = top + round(setting.font.size * (number * LEADING + 1))
        draw.text((place, base), line, font=setting.font, fill=fill, anchor="rs" if setting.from_right else "ls")
    return top + setting.height


def _find_font(text: str, fonts: Sequence[Path]) -> tuple[str, Path | None]:
    """Return the first font that has all letters, and the text without the ornaments it lacks."""
    if _is_joined(text) and not features.check("raqm"):
        return text, None
    for path in fonts:
        try:
            missing = _missing(text, path)
        except OSError:  # not a font after all
            continue
        if all(unicodedata.category(sign) in ORNAMENT for sign in missing):
            return " ".join("".join(sign for sign in text if sign not in missing).split()), path
    return text, None


def _missing(text: str, path: Path) -> set[str]:
    """Return the signs for which the font has only the box that stands for what it lacks."""
    font = ImageFont.truetype(path, 24, layout_engine=ImageFont.Layout.BASIC)
    lack = _drawn("\U0010ffff", font)
    return {sign for sign in set(text) if not sign.isspace() and _drawn(sign, font) == lack}


def _drawn(sign: str, font: ImageFont.FreeTypeFont) -> bytes:
    image = Image.new("L", (48, 48))
    ImageDraw.Draw(image).text((8, 8), sign, font=font, fill=255)
    return image.tobytes()


def _load(path: Path, size: int, text: str) -> ImageFont.FreeTypeFont:
    engine = ImageFont.Layout.RAQM if _is_joined(text) else ImageFont.Layout.BASIC
    return ImageFont.truetype(path, size, layout_engine=engine)


def _is_joined(text: str) -> bool:
    """Say whether the letters depend on their neighbours, or run from the right."""
    return any(
        unicodedata.bidirectional(sign) in ("R", "AL", "AN") or unicodedata.category(sign) in ("Mn", "Mc")
        for sign in text
        if sign != "\ufe0f"  # asks for an emoji in colour, and stands in many titles
    )


def _room(height: int, size: int) -> int:
    """Return how many lines of a size have room in ``height``: at least one."""
    return max(1, int(height / (size * LEADING)))


def _fits(line: str, font: ImageFont.FreeTypeFont, width: int) -> bool:
    return font.getlength(line.rstrip()) <= width


def _wrap(text: str, font: ImageFont.FreeTypeFont, width: int) -> tuple[list[str], bool]:
    """Break ``text`` into lines that fit; say whether every word stayed whole."""
    lines, whole = [""], True
    for piece in _pieces(text):
        if _fits(lines[-1] + piece, font, width):
            lines[-1] += piece
        elif _fits(piece, font, width):
            lines.append(piece)
        else:
            whole = False
            for cluster in regex.findall(r"\X", piece):
                if lines[-1] and not _fits(lines[-1] + cluster, font, width):
                    lines.append("")
                lines[-1] += cluster
    return [line.strip() for line in lines if line.strip()], whole


def _pieces(text: str) -> list[str]:
    """Split ``text`` where a line may break: after spaces, and between signs of Chinese and Japanese."""
    pieces: list[str] = []
    for cluster in regex.findall(r"\X", text):
        last = pieces[-1][-1] if pieces else ""
        within = last and last != " " and not (_is_wide(cluster) or _is_wide(last))
        if last and (cluster == " " or within or cluster in NO_START or last in NO_END):
            pieces[-1] += cluster
        else:
            pieces.append(cluster)
    return pieces


def _is_wide(cluster: str) -> bool:
    return unicodedata.east_asian_width(cluster[0]) in ("W", "F") and not "\uac00" <= cluster[0] <= "\ud7a3"


def _cut(line: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """Return the beginning of ``line`` that fits with “…” at its end."""
    clusters = regex.findall(r"\X", line)
    while clusters and not _fits("".join(clusters) + "…", font, width):
        clusters.pop()
    return "".join(clusters).rstrip(" ,;:.") + "…"
