"""Hold what a person wants to be found for against what the site and the profile really say, and the name's spellings.

Pure. Who searches types a term and a name: a term nobody wrote and a name written in two ways are not found.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.feeds.clean import UNSPACED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from curate.posts.post import Post
    from curate.posts.profile import Profile

PLACES = ("titles", "summaries", "tags", "profile")


@dataclass(frozen=True, kw_only=True)
class Term:
    """A term, and how often it is said: in how many posts' titles, summaries, tags or topics, and profile texts."""

    term: str
    titles: int
    summaries: int
    tags: int
    profile: int

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the places that never say it."""
        return tuple(place for place in PLACES if not getattr(self, place))


@dataclass(frozen=True)
class Spelling:
    """A place where the name, or a user name, is written otherwise than elsewhere."""

    place: str
    found: str
    wanted: str


def cover(terms: Iterable[str], posts: Iterable[Post], profile: Profile) -> list[Term]:
    """Return each term with where it is said; only published posts count."""
    published = [post for post in posts if post.status == "published"]
    titles = [_flat(post.title) for post in published]
    summaries = [_flat(f"{post.summary} {post.claim}") for post in published]
    tags = [[_flat(tag) for tag in (*post.tags, post.topic)] for post in published]
    told = [_flat(text) for text in profile_texts(profile).values()]
    found = []
    for term in _once(terms):
        wanted = f" {_flat(term).strip()} "
        found.append(
            Term(
                term=term,
                titles=sum(wanted in text for text in titles),
                summaries=sum(wanted in text for text in summaries),
                tags=sum(any(wanted in tag for tag in each) for each in tags),
                profile=sum(wanted in text for text in told),
            )
        )
    return found


def profile_texts(profile: Profile) -> dict[str, str]:
    """Return the texts of the profile that readers and search engines see, by where they stand."""
    texts = {"basics.label": profile.label, "basics.summary": profile.summary}
    for number, result in enumerate(profile.results):
        texts[f"results[{number}]"] = f"{result.outcome} {result.metric} {result.role} {result.topic}"
    for number, role in enumerate(profile.roles):
        texts[f"work[{number}]"] = " ".join((role.position, role.name, role.summary, *role.highlights))
    for number, talk in enumerate(profile.talks):
        texts[f"talks[{number}]"] = f"{talk.name} {talk.at}"
    for number, credential in enumerate(profile.credentials):
        texts[f"certificates[{number}]"] = f"{credential.name} {credential.at}"
    for number, study in enumerate(profile.education):
        texts[f"education[{number}]"] = f"{study.degree} {study.area} {study.institution}"
    return texts | {f"about.{key}": getattr(profile.about, key) for key in ("choosing", "correcting", "disclosure")}


def misspelled(name: str, profile: Profile, texts: Mapping[str, str], handles: Mapping[str, str]) -> list[Spelling]:
    """Return where the name is written otherwise than ``name``, unless among the profile's ``spellings``.

    ``texts`` are looked through for the name in other letters (small ones, without accents, without its hyphen).
    ``handles`` are the accounts' user names by network; the profile should link to the same.
    """
    found = []
    if profile.name and profile.name != name:
        found.append(Spelling("basics.name", profile.name, name))
    allowed = {each.replace("’", "'") for each in (name, profile.name, *profile.spellings)}
    pattern = _loosely(name)
    for place, text in texts.items():
        plain = re.sub(r"(?<=\S)[ \t]*\n[ \t]*(?=\S)", " ", unicodedata.normalize("NFC", text)).replace("’", "'")
        written = {match[0] for match in pattern.finditer(plain)} if pattern else set()
        found += [Spelling(place, each, name) for each in sorted(written - allowed)]
    for number, link in enumerate(profile.links):
        handle = handles.get(link.network.casefold(), "")
        if handle and link.username and _user(handle) != _user(link.username):
            found.append(Spelling(f"basics.profiles[{number}]", link.username, handle))
    return found


def _loosely(name: str) -> re.Pattern[str] | None:
    """Return what finds the name however its letters are written."""
    words = re.findall(r"\w+", unicodedata.normalize("NFC", name))
    if not words:
        return None
    parts = []
    for word in words:
        letters = []
        for letter in word:
            plain = unicodedata.normalize("NFKD", letter)[0]
            letters.append(f"[{re.escape(letter)}{re.escape(plain)}{_accented(plain)}]" if plain.isalpha() else letter)
        parts.append("".join(letters))
    between = "[ \u00a0'-]{1,2}".join(parts)
    return re.compile(rf"(?<!\w){between}(?!\w)", re.IGNORECASE)


def _accented(letter: str) -> str:
    """Return the letter with the accents that European languages put on it."""
    marks = "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327\u0328"
    written = (unicodedata.normalize("NFC", letter + mark) for mark in marks)
    return "".join(each for each in written if len(each) == 1)


def _user(handle: str) -> str:
    return handle.casefold().strip().lstrip("@").partition("@")[0]


def _once(terms: Iterable[str]) -> Sequence[str]:
    return list({_flat(term): term.strip() for term in terms if _flat(term).strip()}.values())


def _flat(text: str) -> str:
    """Return the words of ``text`` alone, a space around each: “on-call” is “on call”, “C++” is not “C”.

    Scripts that put no spaces between words have one around each character.
    """
    plain = UNSPACED.sub(r" \g<0> ", unicodedata.normalize("NFKC", text).casefold())
    words: list[str] = re.findall(r"\w+[+#]*", plain)
    return f" {' '.join(words)} "
