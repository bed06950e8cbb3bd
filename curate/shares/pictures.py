"""Read the image a person gives to a share: a small PNG, JPEG or WebP of the desk, with what it shows in words.

It goes out without what a camera noted, such as where it was taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.desk.folder import fingerprint
from curate.errors import UsageError
from curate.posts.bare import Unknown, bare
from curate.posts.social import card_alt, card_place
from curate.shares.networks.base import Picture

if TYPE_CHECKING:
    from pathlib import Path

    from curate.desk.folder import Desk
    from curate.posts.post import Post
    from curate.shares.ledger import Share

LARGEST = 1_000_000  # bytes: what Bluesky takes, and the least of all networks
GIVEN_CARD = ("bluesky", "linkedin")  # we send the link's card, and its image with it
OWN_CARD = ("x", "facebook", "threads", "email", "manual")  # their card comes from the page, or there is none


@dataclass(frozen=True, kw_only=True)
class Attached:
    """An image as a share keeps it: its ``path`` from the desk's folder, the ``hash`` of its bytes, its ``alt``."""

    path: str
    hash: str
    alt: str


def find_card(desk: Desk, post: Post, author: str) -> Attached | None:
    """Return the post's social image as a share keeps it; None when none was drawn."""
    path = desk.content / card_place(post, author)
    return read_picture(desk, path, card_alt(post, author)) if path.is_file() else None


def bare_picture(desk: Desk, share: Share) -> Picture | None:
    """Return the image of ``share`` without what a camera noted; None when it is gone or another than was planned."""
    try:
        data = (desk.root / share.image).read_bytes()
        return Picture(data=bare(data), alt=share.alt) if fingerprint(data) == share.image_hash else None
    except (OSError, Unknown):
        return None


def read_picture(desk: Desk, file: Path, alt: str) -> Attached:
    """Look at the image ``file`` and return how a share keeps it. Raises UsageError."""
    words = " ".join(alt.split())
    if not words:
        raise UsageError(f"{file} has no description.", "--alt “What it shows, for who cannot see it”")
    try:
        real = file.resolve(strict=True)
        root = desk.root.resolve()
        if not real.is_relative_to(root):
            raise UsageError(f"{file} does not lie in the desk.", f"Copy it into {desk.content / 'images'} first.")
        with real.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except (OSError, ValueError) as error:  # a name with a NUL byte is a ValueError
        reason = getattr(error, "strerror", None) or "it has no name a file can have"
        raise UsageError(f"{file} cannot be read: {reason}.", "--image FILE") from error
    if not Picture(data=data, alt=words).kind:
        raise UsageError(f"{file} is not a PNG, JPEG or WebP image.", "Save it as one of these.")
    if len(data) > LARGEST:
        raise UsageError(f"{file} is larger than {LARGEST:,} bytes.", "Scale it down, or save it as JPEG.")
    try:
        bare(data)
    except Unknown as error:
        msg = f"{file} is damaged: what its camera noted cannot be told from the picture."
        raise UsageError(msg, "Save it anew as JPEG, PNG or WebP.") from error
    return Attached(path=real.relative_to(root).as_posix(), hash=fingerprint(data), alt=words)
