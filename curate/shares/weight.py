"""Measure a text as X does, by its weight; find the links in it as X does.

Facts, and where they stand:

- https://github.com/twitter/twitter-text/blob/master/config/v3.json: the text is composed first (NFC). Its
  length is the sum of its characters' weights over 100. A character weighs 100 in the ranges of _LIGHT and
  200 elsewhere; a whole emoji sequence weighs 200, a link of any length 2300. At most 280.
- What is a link: https://docs.x.com/fundamentals/counting-characters and the conformance cases beside that
  file. A domain with a known ending is one without https://, too, when it is written in Latin letters. A path
  knows Latin and Cyrillic letters; its brackets are balanced, and it ends neither in punctuation nor in a
  bracket that was open before it. A label has at most 63 characters as it stands in the DNS.
- t.co addresses end with their letters and digits, or with their query.

Pure. Knows nothing of how other networks count.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import regex

from curate.shares.domains import TOP_LEVEL
from curate.shares.links import Span

LINK = 23  # what a link counts
LONGEST_LABEL, LONGEST_LINK, LONGEST_SLUG = 63, 4096, 40
_LIGHT = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))

# A sequence that is drawn as one emoji. © and ® are such only when they say so themselves (U+FE0F).
_ONE = r"(?:\p{Emoji_Modifier_Base}\p{Emoji_Modifier}|(?![©®](?!\uFE0F))\p{Extended_Pictographic}(?!\uFE0E)\uFE0F?)"
EMOJI = regex.compile(
    r"[0-9#*]\uFE0F?\u20E3"
    r"|\p{Regional_Indicator}{2}"
    r"|\U0001F3F4[\U000E0020-\U000E007E]+\U000E007F"
    rf"|{_ONE}(?:\u200D{_ONE})*"
)

_LATIN = (
    r"a-z0-9\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u024F\u0253\u0254\u0256\u0257\u0259\u025B\u0263\u0268\u026F\u0272"
    r"\u0289\u028B\u02BB\u0300-\u036F\u1E00-\u1EFF"
)
# A label may hold what is neither a space nor ASCII punctuation nor a mark of direction.
_LABEL = (
    r"[^\s\p{Cc}!#%&'()*+,\-./:;<=>?@\[\\\]^_{|}~$"
    r"\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF\uFFFE\uFFFF]"
)
_PATH = rf"[{_LATIN}\u0400-\u04FF!*';:=+,.$/%#\[\]\-\u2013_~@|&]"
_BRACKETS = rf"\((?:{_PATH}+|{_PATH}*\({_PATH}+\){_PATH}*)\)"
_REST = (
    r"(?::[0-9]+)?"
    rf"(?P<path>/(?:(?:{_PATH}|{_BRACKETS})*(?:[{_LATIN}\u0400-\u04FF+\-=_#/]|{_BRACKETS}))?)?"
    r"(?P<query>\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/])?"
)
_TLD = r"(?:\L<endings>|xn--[-0-9a-z]+)(?![0-9a-z@+\-])"
_SLUG = regex.compile(r"(https?://t\.co/([a-z0-9]+))(\?\S*)?", regex.IGNORECASE)


def find_links(text: str, *, bare: bool = True) -> list[Span]:
    """Return what X makes a link of in ``text``; without ``bare`` only what begins with http."""
    found = []
    for match in _links().finditer(text):
        url, host = match[0], match["host"] or match["bare"]
        if (match["bare"] and not bare) or not _possible(host, url):
            continue
        slug = _SLUG.match(url)
        if slug:
            if len(slug[2]) > LONGEST_SLUG:
                continue
            url = slug[0] if slug[3] else slug[1]
        found.append(Span(match.start(), match.start() + len(url), f"https://{url}" if match["bare"] else url))
    return found


def weigh(text: str) -> int:
    """Return how long X says ``text`` is."""
    text = unicodedata.normalize("NFC", text)
    total, place = 0, 0
    for span in find_links(text):
        total += _weight(text[place : span.start]) + LINK * 100
        place = span.end
    return (total + _weight(text[place:])) // 100


def _weight(text: str) -> int:
    rest, emoji = EMOJI.subn("", text)
    light = sum(any(first <= ord(char) <= last for first, last in _LIGHT) for char in rest)
    return 200 * (emoji + len(rest)) - 100 * light


@cache
def _links() -> regex.Pattern[str]:
    return regex.compile(
        rf"(?<![a-z0-9@＠$#＃\uFEFF\uFFFE\uFFFF])https?://"
        rf"(?P<host>(?:{_LABEL}(?:(?:{_LABEL}|[_-])*{_LABEL})?\.)*{_LABEL}(?:(?:{_LABEL}|-)*{_LABEL})?\.{_TLD}){_REST}"
        rf"|(?<![{_LATIN}@＠$#＃\uFEFF\uFFFE\uFFFF\-_./])(?P<bare>(?:[{_LATIN}\-]+\.)+{_TLD}){_REST}",
        regex.IGNORECASE,
        endings=sorted(TOP_LEVEL),
    )


def _possible(host: str, url: str) -> bool:
    """Say whether the DNS could know ``host``, and X would take the whole."""
    labels = [label if label.isascii() else "xn--" + label.encode("punycode").decode() for label in host.split(".")]
    longer = len(".".join(labels)) - len(host)
    return max(map(len, labels)) <= LONGEST_LABEL and len(url) + longer <= LONGEST_LINK
