"""Read a body as its reader will: my words, quoted words, links and images, each with its line.

Works on Markdown's surface, without a Markdown library, in time proportional to the body: what
counts words must not cost a second in ``curate today``. Knows nothing of headers or rules.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.feeds.clean import word_count

if TYPE_CHECKING:
    from collections.abc import Callable

FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
QUOTED = re.compile(r"\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)*>")
NEW_BLOCK = re.compile(r"\s*(?:[-*+]\s|\d{1,9}[.)]\s|#{1,6}\s|`{3}|~{3}|</?[a-zA-Z])")
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
CODE = re.compile(r"``[^\n]+?``|`[^`\n]+`")
RAW_QUOTE = re.compile(r"<blockquote\b[^<>]*>(.*?)(?:</blockquote>|\Z)", re.DOTALL | re.IGNORECASE)
MARKS = re.compile(r"[*`]|(?<!\w)_|_(?!\w)")
PASSAGES = re.compile(r"\n\s*\n|\n\s*(?=[—–]|--)")

INLINE_TARGET = re.compile(r"\]\(\s*(?:<([^<>\n]*)>|((?:[^\s()<]|\([^\s()]*\))+))")
DEFINED_TARGET = re.compile(r"^ {0,3}\[(?!\^)[^\[\]\n]+\]:\s*(?:<([^<>\n]*)>|(\S+))", re.MULTILINE)
BARE_TARGET = re.compile(r"<([a-zA-Z][a-zA-Z0-9+.-]{1,31}:[^\s<>]*)>()")
TAG = re.compile(r"<[a-zA-Z/!](?:\"[^\"<>]*+\"|'[^'<>]*+'|[^<>\"']++)*+>")
ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""")
TARGETS = {"href", "src", "srcset", "poster", "data", "cite", "action", "formaction", "xlink:href", "background"}

IMAGE = re.compile(r"!\[([^\[\]]*)\](?=\(|\[|\s|$)")
RAW_IMAGE = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)
MEDIA = re.compile(r"<(video|audio)\b", re.IGNORECASE)
ALT = re.compile(r"""(?<![\w-])alt(?![\w-])""", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Prose:
    """What a body holds. ``own`` and ``quoted`` count words; ``quotes`` are (line, words) of each blockquote.

    ``links`` are (line, address as typed), ``images`` (line, whether somebody said what is on them), ``media`` (line,
    tag) of each video and audio.
    Lines count from 1 at the body's start. Code in fences belongs to nobody.
    """

    own: int
    quoted: int
    quotes: tuple[tuple[int, int], ...]
    links: tuple[tuple[int, str], ...]
    images: tuple[tuple[int, bool], ...]
    media: tuple[tuple[int, str], ...]


def read_prose(body: str) -> Prose:
    """Return what ``body`` holds."""
    own, quotes = _sides(body)
    shown = COMMENT.sub(_blank, without_code(body))
    counted = tuple((line, word_count(visible(quote))) for line, quote in quotes)
    return Prose(
        own=word_count(visible(own)),
        quoted=sum(words for _, words in counted),
        quotes=counted,
        links=tuple(_links(shown)),
        images=tuple(_images(shown)),
        media=tuple(_media(shown)),
    )


def quoted_passages(body: str) -> list[str]:
    """Return what ``body`` quotes, a paragraph each, as a reader sees it; who said it stands apart."""
    parts = (part for _, quote in _sides(body)[1] for part in PASSAGES.split(visible(quote)))
    return [part for part in (" ".join(MARKS.sub("", part).split()) for part in parts) if part]


def without_code(body: str) -> str:
    """Return ``body`` with its code emptied, its lines numbered as before."""
    return CODE.sub(_blank, _without_fences(body))


def visible(markdown: str) -> str:
    """Return the text a reader sees of ``markdown``: link texts without addresses, no images, no tags."""
    text = re.sub(r"!\[[^\[\]]*\](?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\[\]]*\])?", " ", markdown)
    text = re.sub(r"\[([^\[\]]*)\]\((?:[^()\n]|\([^()\n]*\))*\)", r"\1", text)
    text = re.sub(r"^ {0,3}\[(?!\^)[^\[\]\n]+\]:.*$", " ", text, flags=re.MULTILINE)
    text = re.sub(r"\[([^\[\]]*)\]\[[^\[\]]*\]", r"\1", text)
    text = re.sub(r"\[\^[^\[\]]*\]:?", " ", text)
    text = BARE_TARGET.sub(" ", text)
    text = TAG.sub(" ", text)
    text = re.sub(r"(?:https?://|www\.)[^\s<>]+", " ", text, flags=re.IGNORECASE)
    return html.unescape(text)


def _blank(found: re.Match[str]) -> str:
    """Empty what was found, keeping its line ends, so that lines stay numbered."""
    return "\n" * found[0].count("\n") or " "


def _without_fences(body: str) -> str:
    lines = []
    fence = ""
    for line in body.replace("\r\n", "\n").split("\n"):
        found = FENCE.match(line)
        if not fence and found:
            fence = found[1]
            lines.append("")
        elif fence:
            closes = found and found[1][0] == fence[0] and len(found[1]) >= len(fence) and line.strip() == found[1]
            fence = "" if closes else fence
            lines.append("")
        else:
            lines.append(line)
    return "\n".join(lines)


def _sides(body: str) -> tuple[str, list[tuple[int, str]]]:
    """Part my text from the blockquotes in it: (mine, [(line, theirs) …])."""
    text = COMMENT.sub(_blank, _without_fences(body))
    line_of = _lines_of(text)
    quotes = [(line_of(found.start()), found[1]) for found in RAW_QUOTE.finditer(text)]
    own: list[str] = []
    quote: list[str] = []
    for number, line in enumerate(RAW_QUOTE.sub(_blank, text).split("\n"), 1):
        marked = QUOTED.match(line)
        goes_on = bool(quote) and quote[-1].strip() and line.strip() and not NEW_BLOCK.match(line)
        if marked or goes_on:
            quote.append(re.sub(r"^[\s>]+", "", line[marked.end() :]) if marked else line)
            continue
        if quote:
            quotes.append((number - len(quote), "\n".join(quote)))
            quote = []
        own.append(line)
    if quote:
        quotes.append((text.count("\n") + 2 - len(quote), "\n".join(quote)))
    return "\n".join(own), sorted(quotes)


def _links(text: str) -> list[tuple[int, str]]:
    found = [
        (match.start(), match[1] or match[2] or "")
        for pattern in (INLINE_TARGET, DEFINED_TARGET, BARE_TARGET)
        for match in pattern.finditer(text)
    ]
    found += [
        (tag.start(), attribute[2] or attribute[3] or attribute[4] or "")
        for tag in TAG.finditer(text)
        for attribute in ATTRIBUTE.finditer(tag[0])
        if attribute[1].lower() in TARGETS
    ]
    line = _lines_of(text)
    return [(line(place), html.unescape(target).strip()) for place, target in sorted(found)]


def _images(text: str) -> list[tuple[int, bool]]:
    found = [(match.start(), bool(match[1].strip())) for match in IMAGE.finditer(text)]
    found += [(match.start(), bool(ALT.search(match[0]))) for match in RAW_IMAGE.finditer(text)]
    line = _lines_of(text)
    return [(line(place), said) for place, said in sorted(found)]


def _media(text: str) -> list[tuple[int, str]]:
    line = _lines_of(text)
    return [(line(found.start()), found[1].lower()) for found in MEDIA.finditer(text)]


def _lines_of(text: str) -> Callable[[int], int]:
    """Return what tells the line (from 1) of a place in ``text``."""
    ends = [found.start() for found in re.finditer("\n", text)]
    return lambda place: bisect_left(ends, place) + 1
