"""Judge whether a text is a person's own, written for this place: not the same again, not the source's, no link farm.

Two texts are alike by the four-word phrases they have in common, after links and hashtags are left out and
capitals made small. Pure: what to compare with is handed in.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import regex

from curate.shares.compose import find_urls, same_page
from curate.shares.links import find_domains
from curate.shares.weight import find_links

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from curate.desk.settings import Shares
    from curate.shares.links import Span

PHRASE = 4  # words
MOST_TAGS = 3
_HASHTAG = regex.compile(r"(?<![\w&/#＃])[#＃](\w*[\p{L}\p{So}]\w*)")
# Scripts without spaces between words count each character for one.
_WORD = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]|[\p{L}\p{M}\p{N}]+(?:'[\p{L}\p{M}\p{N}]+)*")


@dataclass(frozen=True)
class Earlier:
    """A text to compare with; ``name`` says which, as it stands in a sentence."""

    name: str
    text: str


@dataclass(frozen=True, kw_only=True)
class About:
    """What a share is about. ``passages`` are words of others: the source's title, the quotes."""

    summary: str = ""
    passages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one ``rule`` (link, hashtags, source or phrases) has against a text: ``words``, and the way out in ``hint``.

    It ``refuses`` the text or only warns.
    """

    rule: str
    words: str
    hint: str
    refuses: bool


@dataclass(frozen=True)
class Likeness:
    """How many percent of a text's phrases stand in another, and what that is called."""

    percent: int
    name: str


def judge(  # noqa: PLR0913 - a text and all it is held against
    text: str, *, link: str, network: str, about: About, earlier: Iterable[Earlier], rules: Shares
) -> list[Finding]:
    """Return what is to be said against ``text``, which holds the post's ``link``."""
    findings = [*_links(text, link, network), *_hashtags(text, about.tags)]
    borrowed = source_percent(text, about.passages)
    if borrowed >= rules.similar_warns:
        refuses = borrowed >= rules.similar_refused
        words = f"{borrowed} % of this text is the source's own words."
        findings.append(Finding(rule="source", words=words, hint="Say what you make of it.", refuses=refuses))
    near = closest(text, earlier)
    if near is not None and near.percent >= rules.similar_warns:
        refuses = near.percent >= rules.similar_refused
        words = f"{near.percent} % of this text stands in {near.name}."
        hint = f"Write it for the readers you have on {network}."
        findings.append(Finding(rule="phrases", words=words, hint=hint, refuses=refuses))
    return findings


# Phrases


@lru_cache(maxsize=4096)
def phrases(text: str) -> frozenset[tuple[str, ...]]:
    """Return the four-word phrases of ``text``; fewer words than that make none."""
    words = _words(text)
    return frozenset(tuple(words[place : place + PHRASE]) for place in range(len(words) - PHRASE + 1))


def closest(text: str, others: Iterable[Earlier]) -> Likeness | None:
    """Return which of ``others`` holds most of the phrases of ``text``; None when none holds any."""
    own = phrases(text)
    best = None
    for other in others if own else ():
        percent = 100 * len(own & phrases(other.text)) // len(own)
        if percent > (best.percent if best else 0):
            best = Likeness(percent, other.name)
    return best


def source_percent(text: str, passages: Sequence[str]) -> int:
    """Return how many percent of the phrases of ``text`` are from ``passages``, all of them together.

    A text too short for a phrase is from them when it is one of them, word for word.
    """
    own = phrases(text)
    if not own:
        words = _words(text)
        return 100 if words and any(words == _words(passage) for passage in passages) else 0
    theirs = frozenset[tuple[str, ...]]().union(*(phrases(passage) for passage in passages))
    return 100 * len(own & theirs) // len(own)


def _words(text: str) -> list[str]:
    for find in (find_urls, find_links):
        for span in reversed(find(text)):
            text = f"{text[: span.start]} {text[span.end :]}"
    text = unicodedata.normalize("NFKC", _HASHTAG.sub(" ", text)).casefold().replace("’", "'")
    return _WORD.findall(text)


# Links and hashtags


def _links(text: str, link: str, network: str) -> list[Finding]:
    """Say which links a text has beside that of its post; a domain alone may be a name, such as ASP.net.

    A mail may have many: it can be the whole post.
    """
    if network == "email":
        return []
    urls = find_urls(text)
    bare = find_links(text) if network == "x" else find_domains(text) if network == "bluesky" else []
    bare = [span for span in bare if not any(url.start < span.end and span.start < url.end for url in urls)]
    others = [span for span in urls if not same_page(span.url, link)] + [span for span in bare if _has_path(span)]
    if others or len(urls) > 1:
        what = ", ".join(text[span.start : span.end] for span in others) or link
        words = f"One link is enough, the post's own; {what} is one more."
        hint = "Take it out: what else is worth reading stands in the post."
        return [Finding(rule="link", words=words, hint=hint, refuses=True)]
    names = [text[span.start : span.end] for span in bare]
    hint = "Write it without the full stop when it is a name."
    return [
        Finding(rule="link", words=f"{network} makes a link of “{name}”.", hint=hint, refuses=False) for name in names
    ]


def _has_path(span: Span) -> bool:
    return "/" in span.url.removeprefix("https://").rstrip("/")


def find_hashtags(text: str) -> list[str]:
    """Return the hashtags of ``text`` without their #."""
    for span in reversed(find_urls(text)):
        text = f"{text[: span.start]} {text[span.end :]}"
    return [match[1] for match in _HASHTAG.finditer(text)]


def _hashtags(text: str, tags: Sequence[str]) -> list[Finding]:
    """Hold hashtags to three, and to capitals that let a screen reader part the words of the post's own."""
    used = find_hashtags(text)
    findings = []
    if len(used) > MOST_TAGS:
        words = f"{len(used)} hashtags; {MOST_TAGS} are enough."
        hint = f"Keep those somebody follows: #{', #'.join(used[:MOST_TAGS])}, say."
        findings.append(Finding(rule="hashtags", words=words, hint=hint, refuses=True))
    for tag in tags:
        parts = regex.split(r"[\s_-]+", tag.strip())
        flat = "".join(parts).lower()
        if len(parts) > 1 and flat in used:
            camel = "".join(part[:1].upper() + part[1:] for part in parts)
            words = f"A screen reader cannot part #{flat}."
            findings.append(Finding(rule="hashtags", words=words, hint=f"Write #{camel}.", refuses=False))
    return findings
