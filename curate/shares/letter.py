"""Make of a post the text of a mail, and of a mail's text the HTML that stands beside it.

Pure. The text is all there is to approve: the HTML says the same words, with its addresses as links, and nothing else.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from curate.feeds.characters import one_line
from curate.posts.corrections import in_one_text
from curate.shares.links import find_urls

if TYPE_CHECKING:
    from collections.abc import Callable

    from curate.posts.post import Post

ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
SAFE = 0xF000  # where escaped characters wait, in the private use area, until all markup is gone
WAITING = re.compile(r"[\uf021-\uf07e]")
IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
LINK = re.compile(r"\[([^\]]+)\]\(\s*<?([^\s()<>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
INSIDE = re.compile(r"\{(?:filename|static|attach)\}/?(.*)")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
MARKS = re.compile(r"^#{1,6}\s+|(\*\*|__)(?=\S)|(?<=\S)(\*\*|__)|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)|`", re.MULTILINE)


def letter(post: Post, address: Callable[[str], str]) -> str:
    """Return the words of a post as plain text: corrections, whose article it is about, claim, quotes, body, question.

    ``address`` returns where a file below content/ is on the web, "" for nowhere.
    """
    parts = [f"Corrected {said.get('date', '')}: {in_one_text(said)}" for said in post.corrections]
    if post.source is not None:
        about = ", ".join(filter(None, (post.source.title, post.source.author, post.source.site)))
        parts.append(f"{about}\n{post.source.url}".strip())
    if post.claim:
        sure = f"{post.confidence:.0%} confident" if post.confidence is not None else ""
        due = f"due {post.due:%d %b %Y}" if post.due else ""
        parts.append("\n".join(filter(None, (one_line(post.claim), ", ".join(filter(None, (sure, due)))))))
    parts += ["\n".join(f"> {line}" for line in quote.text.splitlines()) for quote in post.quotes]
    parts += [_plain(post.body, address), post.question]
    return "\n\n".join(part for part in parts if part.strip())


def as_html(text: str) -> str:
    """Return a mail's text as an HTML document: paragraphs, lists, links, and no style or picture."""
    blocks = [_block(block) for block in re.split(r"\n[ \t]*\n", text.strip("\n")) if block.strip()]
    return f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n{"".join(blocks)}</body></html>\n'


def _plain(body: str, address: Callable[[str], str]) -> str:
    def linked(found: re.Match[str]) -> str:
        inside = INSIDE.match(found[2])
        target = address(inside[1]) if inside else found[2]
        return f"{found[1]} ({target})" if target else found[1]

    text = ESCAPED.sub(lambda found: chr(SAFE + ord(found[1])), COMMENT.sub("", body))
    text = LINK.sub(linked, IMAGE.sub(r"\1", text))
    kept = {span.url for span in find_urls(text)}
    for number, url in enumerate(sorted(kept, key=len, reverse=True)):  # an address keeps its underscores
        text = text.replace(url, f"\x00{number}\x00")
    text = MARKS.sub("", text)
    for number, url in enumerate(sorted(kept, key=len, reverse=True)):
        text = text.replace(f"\x00{number}\x00", url)
    text = WAITING.sub(lambda found: chr(ord(found[0]) - SAFE), text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _block(block: str) -> str:
    lines = block.strip("\n").splitlines()
    if all(line.lstrip().startswith("- ") for line in lines):
        rows = "".join(f"<li>{_linked(line.lstrip()[2:])}</li>\n" for line in lines)
        return f"<ul>\n{rows}</ul>\n"
    if all(line.startswith(">") for line in lines):
        said = "<br>\n".join(_linked(line[1:].strip()) for line in lines)
        return f"<blockquote>{said}</blockquote>\n"
    said = "<br>\n".join(map(_linked, lines))
    return f"<p>{said}</p>\n"


def _linked(line: str) -> str:
    """Return a line, escaped, with its web addresses as links."""
    parts, end = [], 0
    for span in find_urls(line):
        address = escape(span.url)
        parts += [escape(line[end : span.start]), f'<a href="{address}">{address}</a>']
        end = span.end
    return "".join((*parts, escape(line[end:])))
