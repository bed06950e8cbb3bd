"""Frame an image that stands alone and has a caption or a credit: a figure, not a paragraph.

Works on markdown-it's tokens: ``![words for who cannot see it](pager.png "Caption"){credit="Photo: Dana"}``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown_it.token import Token

from curate.site.plugin.words import escape

if TYPE_CHECKING:
    from collections.abc import Sequence


def frame(tokens: Sequence[Token]) -> None:
    """Turn each paragraph that is one image with a caption or credit into a figure; take the credit off every other."""
    for before, inline, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        images = [child for child in inline.children or () if child.type == "image"]
        credits_ = [str(image.attrs.pop("credit", "")) for image in images]
        if before.type != "paragraph_open" or len(inline.children or ()) != 1 or not images:
            continue
        caption = str(images[0].attrs.get("title", ""))
        if not caption and not credits_[0]:
            continue
        images[0].attrs.pop("title", None)
        before.tag = after.tag = "figure"
        before.hidden = after.hidden = False
        said = [escape(caption)] if caption else []
        said += [f'<span class="credit">{escape(credits_[0])}</span>'] if credits_[0] else []
        below = Token("html_inline", "", 0, content=f"\n<figcaption>{' '.join(said)}</figcaption>")
        inline.children = [*images, below]
