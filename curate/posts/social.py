"""Say which social image a post has: what is drawn on it, where it lies below content/, what it is in words.

It is the picture that networks show beside a link to the page. Its name holds a digest of what is drawn
on it, so a page only ever names one that says what the post says now. Pure: whether the file is there
is for others to see, and drawing it, too.
"""

from __future__ import annotations

import json
import re
from dataclasses import astuple, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from curate.feeds.characters import one_line

if TYPE_CHECKING:
    from curate.posts.post import Post

FOLDER = "images/social"  # below content/
SIZE = (1200, 630)  # pixels: what the networks ask for
DESIGN = 1  # goes up when the same words are drawn differently
DRAWN = re.compile(rf"{FOLDER}/[a-z0-9-]+-[0-9a-f]{{12}}\.png")


@dataclass(frozen=True, kw_only=True)
class Card:
    """The words on a social image."""

    author: str
    title: str
    topic: str


def card_of(post: Post, author: str) -> Card:
    """Return what stands on the social image of a post by ``author``, each a single line."""
    return Card(author=one_line(author), title=one_line(post.title), topic=one_line(post.topic))


def card_place(post: Post, author: str) -> str:
    """Return where the social image lies, below content/ as below the site's root."""
    words = json.dumps([DESIGN, *astuple(card_of(post, author))])
    return f"{FOLDER}/{post.slug}-{sha256(words.encode()).hexdigest()[:12]}.png"


def card_alt(post: Post, author: str) -> str:
    """Return what the social image shows, for who cannot see it."""
    card = card_of(post, author)
    return " – ".join(filter(None, (card.title, card.author)))
