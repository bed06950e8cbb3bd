"""Turn a person's words into the text of a share, and measure it as each network does.

Pure: no disk, no network. What a network's request looks like is in networks/.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import cycle
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import regex

from curate.errors import Refused, UsageError
from curate.shares.links import find_urls
from curate.shares.weight import EMOJI, weigh

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "LIMITS", "QUESTIONS", "Limits", "Measure", "angles", "apart", "document", "find_urls", "limits_of", "measure",
    "named_files", "own_link", "read_document", "same_page", "same_words", "tagged", "takes", "wire_text",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How a network measures. ``characters`` are grapheme clusters, 0 for no limit; ``octets`` UTF-8 bytes.

    ``url`` is what every URL counts, however long it is; 0 when it counts in full. With
    ``local_mentions`` only the first half of @name@server counts; with ``weighted`` a character counts by
    its script, as on X; with ``emoji_octets`` an emoji counts its UTF-8 bytes.
    """

    characters: int = 0
    octets: int = 0
    url: int = 0
    local_mentions: bool = False
    weighted: bool = False
    emoji_octets: bool = False


# https://docs.joinmastodon.org/user/posting/#text,
# https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json,
# https://docs.x.com/fundamentals/counting-characters and https://developers.facebook.com/documentation/threads/posts
LIMITS = {
    "mastodon": Limits(characters=500, url=23, local_mentions=True),
    "bluesky": Limits(characters=300, octets=3000),
    "linkedin": Limits(characters=3000),
    "x": Limits(characters=280, url=23, weighted=True),
    "facebook": Limits(characters=63_206),
    "threads": Limits(characters=500, emoji_octets=True),
    "email": Limits(),
    "manual": Limits(),
}

# What may open an angle where the readers of a network are. Questions only: the words are the person's.
QUESTIONS = {
    "linkedin": "What would somebody who decides about this want to know first?",
    "x": "Which one claim would you defend against a stranger?",
    "facebook": "How would you tell it to somebody outside your field?",
    "threads": "What would you ask out loud over lunch?",
    "mastodon": "What could a colleague try tomorrow, and where would it fail?",
    "bluesky": "What made you change your mind, or nearly?",
    "email": "Why should this reader open it today?",
    "manual": "Who is it for, and what do they know already?",
}

_MENTION = re.compile(r"(?<![\w/])(@\w+)@[\w.-]*\w")
_GUIDE = ";;"  # lines of the editor's document that are ours


def wire_text(text: str, link: str, going: str = "") -> str:
    """Return the words as they go out: cleaned of control characters, and with the post's ``link`` at the end.

    ``going`` is the link as it goes out, when it differs; it takes the place of the link, however that was
    tagged, where the words hold it already. Raises Refused when there are no words.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(char for char in text if char in "\n\t" or not _unseen(char)).strip()
    rest, out, going = text, text, going or link
    here = False
    for span in reversed(find_urls(text)):
        rest = rest[: span.start] + rest[span.end :]
        if same_page(span.url, link):
            here = True
            out = out[: span.start] + going + out[span.end :]
    if not rest.strip():
        raise Refused("A share needs words of yours; this one has none.", "Write what you would say to a colleague.")
    return out if here else f"{text}\n\n{going}"


def _unseen(char: str) -> bool:
    """Say whether ``char`` is for machines alone: a control character, or none at all."""
    return unicodedata.category(char) == "Cc" or char in "\ufeff\ufffe\uffff"


def tagged(link: str, network: str) -> str:
    """Return ``link`` with words for one's statistics: through which ``network`` a reader came, to which post.

    They are those of https://support.google.com/analytics/answer/10917952, which others read, too.
    """
    campaign = urlsplit(link).path.rstrip("/").rpartition("/")[2]
    medium = "email" if network == "email" else "social"
    return f"{link}?{urlencode({'utm_source': network, 'utm_medium': medium, 'utm_campaign': campaign})}"


def same_page(url: str, link: str) -> bool:
    """Say whether ``url`` leads to the page at ``link``, whether or not it is tagged."""
    address, _, query = url.partition("?")
    tags = query.partition("#")[0].split("&") if query else []
    return address.rstrip("/") == link.rstrip("/") and all(tag.startswith("utm_") for tag in tags)


def own_link(text: str, link: str) -> str:
    """Return the address of the post at ``link`` as it stands in ``text``; ``link`` when it is not there."""
    return next((span.url for span in find_urls(text) if same_page(span.url, link)), link)


def apart(text: str, link: str) -> tuple[str, str]:
    """Return the words of a share, and the address its card leads to, for networks that take them apart.

    The address leaves the words when it stands alone in their last line: the card shows it.
    """
    address = own_link(text, link)
    words, _, last = text.rstrip().rpartition("\n")
    return (words.rstrip(), address) if last.strip() == address and words.strip() else (text, address)


def same_words(text: str) -> str:
    """Return ``text`` so that two texts that read alike are equal: case, spacing and spelling of accents aside."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@dataclass(frozen=True, kw_only=True)
class Measure:
    """How long a text is for one network, beside what it takes."""

    characters: int
    octets: int
    limits: Limits

    @property
    def problem(self) -> str:
        """Say in one clause what is too long; '' when nothing is."""
        if self.limits.characters and self.characters > self.limits.characters:
            return f"{self.characters} of {self.limits.characters} characters"
        if self.limits.octets and self.octets > self.limits.octets:
            return f"{self.octets} of {self.limits.octets} bytes"
        return ""


def limits_of(network: str, characters: int = 0) -> Limits:
    """Return how ``network`` measures; ``characters`` is this server's own limit, 0 for the usual."""
    usual = LIMITS[network]
    return replace(usual, characters=characters) if characters else usual


def measure(text: str, limits: Limits) -> Measure:
    """Measure ``text`` by a network's rules."""
    octets = len(text.encode())
    if limits.weighted:
        return Measure(characters=weigh(text), octets=octets, limits=limits)
    counted = text
    if limits.emoji_octets:
        counted = EMOJI.sub(lambda match: "x" * len(match[0].encode()), counted)
    if limits.url:
        for span in reversed(find_urls(text)):
            counted = counted[: span.start] + "x" * limits.url + counted[span.end :]
    if limits.local_mentions:
        counted = _MENTION.sub(r"\1", counted)
    return Measure(characters=len(regex.findall(r"\X", counted)), octets=octets, limits=limits)


# The editor's document: one section for each account


def angles(networks: Mapping[str, str], prompts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return questions for each account of ``networks`` (account to network): its network's, and two of ``prompts``.

    Those come in turns, so that every account is asked something else.
    """
    turns = cycle(prompts)
    return {
        name: (QUESTIONS[network], *(next(turns) for _ in range(min(2, len(prompts)))))
        for name, network in networks.items()
    }


def document(  # noqa: PLR0913 - all that stands above the words
    title: str,
    question: str,
    link: str,
    accounts: Mapping[str, Limits],
    *,
    points: Sequence[str] = (),
    prompts: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> str:
    """Return what the editor opens: a section for each account, with what it takes and its ``prompts``.

    ``points`` are what the post says, to be said in other words.
    """
    lines = [
        f"{_GUIDE} {title}",
        f"{_GUIDE} {link}",
        *[f"{_GUIDE} It says: {' '.join(point.split())}" for point in points if point],
        *([f"{_GUIDE} The post asks: {question}"] if question else []),
        f"{_GUIDE} One text for each account, in words for its readers. The link is added at the end.",
        f"{_GUIDE} An empty section plans nothing. Lines that begin with {_GUIDE} are left out.",
    ]
    for name, limits in accounts.items():
        asked = [f"{_GUIDE} {prompt}" for prompt in prompts.get(name, ())]
        lines += ["", f"=== {name}", f"{_GUIDE} {takes(limits)}", *asked, ""]
    return "\n".join(lines) + "\n"


def takes(limits: Limits) -> str:
    """Say in one line how long a text may be, and what counts for more or less than it looks."""
    if not limits.characters:
        return "any length"
    said = [f"{limits.characters:,} characters" if limits.characters > 9999 else f"{limits.characters} characters"]
    said.append(f"a link counts {limits.url}" if limits.url else "the link included")
    said += ["an emoji or a Chinese, Japanese or Korean character counts 2"] if limits.weighted else []
    said += ["an emoji counts its bytes, from 3 to 30 or so"] if limits.emoji_octets else []
    said += [f"{limits.octets} bytes"] if limits.octets else []
    return ", ".join(said)


def read_document(text: str, accounts: Iterable[str]) -> dict[str, str]:
    """Return the text of each section that has one. Raises UsageError for a section of no account."""
    known = set(accounts)
    sections: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in text.splitlines():
        if line.startswith("=== "):
            name = line[4:].strip()
            if name not in known:
                raise UsageError(f"There is no section “{name}” to write.", f"The sections are: {', '.join(known)}.")
            current = sections.setdefault(name, [])
        elif line.startswith(_GUIDE):
            continue
        elif current is not None:
            current.append(line)
        elif line.strip():
            raise UsageError(f"“{line.strip()}” stands above the first section.", "Move it below a === line.")
    texts = {name: "\n".join(lines).strip() for name, lines in sections.items()}
    return {name: words for name, words in texts.items() if words}


def named_files(values: Sequence[str]) -> dict[str, str]:
    """Read ``NAME=FILE`` pairs. Raises UsageError for what is none, and for a name given twice."""
    pairs: dict[str, str] = {}
    for value in values:
        name, equals, file = value.partition("=")
        if not equals or not name or not file:
            raise UsageError(f"“{value}” does not say which account's text it is.", "--text-file mastodon=words.txt")
        if name in pairs:
            raise UsageError(f"There are two texts for {name}.")
        pairs[name] = file
    return pairs
