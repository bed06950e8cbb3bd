"""Find the links in a text: web addresses, and bare domains such as dana.example/talk where a network links them.

Pure. How X finds links, which differs in every detail, is in weight.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from curate.shares.domains import TOP_LEVEL

_URL = re.compile(r"https?://[^\s<>\"“”]+", re.IGNORECASE)
_DOMAIN = re.compile(r"(?:(?<=[\s(])|^)(?P<domain>[a-z][a-z0-9]*(?:\.[a-z0-9]+)+)\S*", re.IGNORECASE | re.MULTILINE)
_ENDS = ".,;:!?'’…"  # what ends a sentence rather than an address


@dataclass(frozen=True)
class Span:
    """A link in a text; ``start`` and ``end`` count characters, ``url`` is where it leads."""

    start: int
    end: int
    url: str


def find_urls(text: str) -> list[Span]:
    """Return the web addresses in ``text`` without the punctuation that ends a sentence around them."""
    found = []
    for match in _URL.finditer(text):
        url = _trimmed(match[0])
        if len(url) > len("https://"):
            found.append(Span(match.start(), match.start() + len(url), url))
    return found


def find_domains(text: str) -> list[Span]:
    """Return what is linked in ``text`` though it begins with a domain: words, a full stop, a known ending.

    It stands at the start or after white space or a bracket; https:// is added to what it leads to.
    """
    found = []
    for match in _DOMAIN.finditer(text):
        if match["domain"].lower().rpartition(".")[2] in TOP_LEVEL:
            words = _trimmed(match[0])
            found.append(Span(match.start(), match.start() + len(words), f"https://{words}"))
    return found


def _trimmed(url: str) -> str:
    end, left = len(url), url.count(")") - url.count("(")  # brackets that close nothing
    while url[end - 1] in _ENDS or (url[end - 1] == ")" and left > 0):
        left -= url[end - 1] == ")"
        end -= 1
    return url[:end]
