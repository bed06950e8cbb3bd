"""Take out of text the characters nobody sees: what moves a cursor, turns the reading direction or hides words."""

from __future__ import annotations

import re

# Invisible characters that move a cursor, turn the reading direction or hide text.
INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
SPACES = re.compile("[\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
ODD = re.compile(f"{INVISIBLE.pattern[:-1]}{SPACES.pattern[1:]}")
ODD_ASCII = bytes(code for code in range(128) if ODD.match(chr(code)))


def tidy(text: str) -> str:
    """Remove invisible controls and turn odd line ends into spaces; tabs and line feeds stay."""
    if text.isprintable():  # what is invisible is not; the quickest look there is
        return text
    if text.isascii():
        if len(text.encode().translate(None, ODD_ASCII)) == len(text):
            return text
    elif not ODD.search(text):
        return text
    return INVISIBLE.sub("", SPACES.sub(" ", text))


def one_line(text: str) -> str:
    """Return plain ``text`` (no markup in it) as one line without controls."""
    return " ".join(tidy(text).split())
