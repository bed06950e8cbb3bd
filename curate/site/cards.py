"""Draw social images: the picture networks show beside a link, with the post's title, its topic and who wrote it.

A card is drawn once, when its post is published, and kept in content/images/social/, so the site builds
from a clone and no build waits for it. Older cards are left: a share may carry one.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from curate.desk.folder import write_whole
from curate.posts.social import SIZE, Card, card_of, card_place
from curate.site.lettering import draw_words, fonts_in, set_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from curate.desk.folder import Desk
    from curate.posts.post import Post

PAPER, TEXT, ACCENT = "#FBFAF7", "#1C1D1F", "#8A3B12"  # the theme's light page
LEFT, TOP = SIZE[0] // 10, SIZE[1] // 10  # a tenth on each side, which networks may cut off
RIGHT, BOTTOM = SIZE[0] - LEFT, SIZE[1] - TOP
WIDE = RIGHT - LEFT
BAR = 24
TITLE_SIZES = (84, 76, 68, 60, 54, 48)
SMALL = (32,)
GAP = 28
HINT = "Put a font that has them into content/fonts/, delete the image, then: curate site cards"
COLOURS = 64  # shades between the three colours: more cannot be told apart


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """The cards that were drawn now, and what the person should know about them, in sentences."""

    paths: tuple[Path, ...]
    warnings: tuple[str, ...] = ()


def draw_missing(desk: Desk, author: str, posts: Iterable[Post]) -> Drawn:
    """Draw the card of each published post that lacks one. Raises CurateError when the disk refuses."""
    fonts = fonts_in(desk.content / "fonts")
    paths, warnings = [], []
    for post in posts:
        path = desk.content / card_place(post, author)
        if post.status != "published" or path.is_file():
            continue
        card = card_of(post, author)
        data, unset = draw_card(card, fonts)
        write_whole(path, data)
        paths.append(path)
        warnings += [f"{path.name} shows no “{words}”: no font here has its letters. {HINT}" for words in unset]
    return Drawn(paths=tuple(paths), warnings=tuple(warnings))


def draw_card(card: Card, fonts: Sequence[Path]) -> tuple[bytes, tuple[str, ...]]:
    """Return a card as PNG, the same bytes each time, and the words for which no font has the letters."""
    image = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(image)
    topic = set_words(card.topic, fonts, width=WIDE, height=0, sizes=SMALL)
    author = set_words(card.author, fonts, width=WIDE, height=0, sizes=SMALL)
    top, below = TOP, BOTTOM
    if topic is not None:
        top = GAP + draw_words(draw, topic, (LEFT, RIGHT), top=top, fill=ACCENT)
    if author is not None:
        below = BOTTOM - author.height
        draw_words(draw, author, (LEFT, RIGHT), top=below, fill=TEXT)
    title = set_words(card.title, fonts, width=WIDE, height=below - GAP - top, sizes=TITLE_SIZES)
    if title is not None:
        draw_words(draw, title, (LEFT, RIGHT), top=top, fill=TEXT)
    edge = SIZE[0] - BAR if title is not None and title.from_right else 0
    draw.rectangle((edge, 0, edge + BAR - 1, SIZE[1]), fill=ACCENT)
    out = io.BytesIO()
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    said = ((card.topic, topic), (card.title, title), (card.author, author))
    return out.getvalue(), tuple(words for words, setting in said if words and setting is None)
