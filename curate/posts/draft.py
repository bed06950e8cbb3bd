"""Make the text of a new post from an item and what the person gave.

Pure: no disk, no clock. What an item says comes from strangers: it goes into the header alone,
through a YAML dumper, under the few keys named here, without control characters; nothing of it
can become markup, a link of Pelican's own, or another key. The body is the person's, as typed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from curate.errors import UsageError
from curate.feeds.addresses import web_url
from curate.feeds.characters import one_line, tidy
from curate.posts.header import dump
from curate.posts.post import LONGEST_SLUG, as_date, as_moment, as_share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from curate.inbox.items import Item

MARKER = "<!-- curate: this line and what is below it are not saved -->"
OURS = "%% curate: "  # begins each line that stands below the marker and is not the person's
ASIDE = "A last line that is one question becomes the post's question."
MAYBE = ("topic", "summary", "question")  # keys shown empty in the editor, and left out when they stay so
MOST_CREDITS = 12  # others that have the story, in a post
LONGEST_LINE = 300  # characters of a title, name or tag that came from elsewhere


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a new post starts from. ``kind`` "" means a link when there is an item, else an essay.

    ``also`` are the others of the item's story, which the post credits. ``text`` is the person's own, None when there
    is none yet; ``confidence``, ``due`` and ``until`` are as typed. ``start`` is what the body begins with where
    curate gathered it, ``covers`` what that is about, and ``aside`` lines that the editor shows and nobody saves.
    """

    item: Item | None = None
    also: tuple[Item, ...] = ()
    kind: str = ""
    title: str = ""
    text: str | None = None
    question: str = ""
    claim: str = ""
    confidence: str = ""
    due: str = ""
    until: str = ""
    start: str = ""
    covers: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()


def draft_post(given: Given, *, now: datetime) -> tuple[str, str]:
    """Return the slug and the whole text of a new draft.

    Keys that may stay empty (topic, summary, question) are there, empty: ``finish`` takes them out.
    Raises UsageError when what was given cannot be meant.
    """
    kind = given.kind or ("link" if given.item else "essay")
    if kind == "link" and given.item is None:
        raise UsageError("A link is about an item.", "curate write ID, or curate write --kind essay --title TITLE")
    title = one_line(given.title) or (short(given.item.title) if given.item else "")
    slug = make_slug(title, f"item-{given.item.id}" if given.item else f"post-{now:%Y%m%d}")
    values: dict[str, Any] = {
        "title": title,
        "date": now.astimezone(UTC).isoformat(timespec="seconds"),
        "slug": slug,
        "kind": kind,
        "status": "draft",
        "topic": "",
        "summary": "",
        "question": one_line(given.question),
    }
    if kind == "prediction" or given.claim or given.confidence or given.due:
        values["claim"] = one_line(given.claim)
        values["confidence"] = _meant(given.confidence, as_share, "--confidence", "0.7 or 70%")
        values["due"] = _meant(given.due, as_date, "--due", "2027-06-30")
    if kind == "notice" or given.until:
        values["until"] = _meant(given.until, as_moment, "--until", "2026-12-01T18:00")
    if given.covers:
        values["covers"] = list(given.covers)
    if given.item:
        values |= _cited(given.item, given.also)
    body = _body(given.item.note if given.item else "", given.text or given.start)
    return slug, f"---\n{dump(values)}---\n{body}"


def make_slug(title: str, fallback: str) -> str:
    """Return ``title`` as the last part of an address: a to z, 0 to 9, hyphens, at most 80.

    Accents are dropped and other scripts left out; when nothing is left, ``fallback`` is taken.
    """
    plain = unicodedata.normalize("NFKD", title.casefold())
    plain = re.sub(r"['’ʼ]", "", plain).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(slug) > LONGEST_SLUG:
        whole_words = slug[: LONGEST_SLUG + 1].rpartition("-")[0]
        slug = (whole_words or slug)[:LONGEST_SLUG].rstrip("-")
    return slug or fallback


def short(text: str) -> str:
    """Return ``text`` on one line without controls, cut to what a name or a title may take."""
    line = one_line(text)
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1].rstrip() + "…"


def paragraphs(text: str) -> str:
    """Return ``text`` without controls, its lines trimmed and parted by one empty line at most."""
    lines = (" ".join(line.split()) for line in tidy(text).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def for_editor(draft: str, aside: Iterable[str] = ()) -> str:
    """Return the draft as an editor opens it: below a marked line stands what starts a thought, ``aside``."""
    lines = [f"{OURS}{one_line(line)}".rstrip() for line in (*aside, ASIDE)]
    return "\n".join((draft.rstrip("\n"), "", MARKER, "", *lines, ""))


def from_editor(text: str) -> str:
    """Return what an editor handed back without the marked line and what we put below it.

    What the person typed below that line, where an editor opened at the end puts it, comes last.
    """
    lines = text.splitlines(keepends=True)
    places = [number for number, line in enumerate(lines) if line.strip() == MARKER]
    if not places:
        return text
    above = "".join(lines[: places[0]]).rstrip()
    below = (line for line in lines[places[0] + 1 :] if line.strip() != MARKER)
    own = "".join(line for line in below if not line.lstrip().startswith(OURS.rstrip())).strip()
    return f"{above}\n\n{own}\n" if own else f"{above}\n"


def split_question(body: str) -> tuple[str, str]:
    """Return the body without its last paragraph and that paragraph, when it is one plain question.

    A question with markup, or after another sentence, stays where it is: ("the body", "").
    """
    before, paragraph = _last_paragraph(body)
    question = " ".join(paragraph.split())
    plain = not re.search(r"[\[\]<>`*_|{}]|^[#>+\-]|^\d+[.)]|^(?:\t| {4})", paragraph)
    single = question.endswith(("?", "？", "؟")) and not _has_two_sentences(question)
    inside_code = len(re.findall(r"^ {0,3}(?:```|~~~)", before, re.MULTILINE)) % 2
    if plain and single and not inside_code:
        return before.rstrip() + "\n" if before.strip() else "", one_line(question)
    return body, ""


def _has_two_sentences(text: str) -> bool:
    """Say whether a sentence ends before the end of ``text``; “e.g. this” does not end one."""
    ends = re.finditer(r"[.!?…؟][\"”’)]*\s+[\"“‘(]*(\S)", text)
    return any(not end[1].islower() for end in ends) or bool(re.search(r"[。！？](?=.)", text))


def _last_paragraph(body: str) -> tuple[str, str]:
    """Split off the last run of lines that are not blank."""
    text = body.rstrip()
    blank = [found.end() for found in re.finditer(r"\n[ \t]*\r?\n", text)]
    start = blank[-1] if blank else 0
    return text[:start], text[start:]


def _meant(text: str, meaning: Callable[[str], object], flag: str, example: str) -> str:
    text = one_line(text)
    try:
        if text:
            meaning(text)
    except (ValueError, OverflowError):
        raise UsageError(f"{flag} cannot be “{text}”.", f"Write it like {example}.") from None
    return text


def _cited(item: Item, also: Iterable[Item]) -> dict[str, Any]:
    """Return the keys that say where a post comes from; empty ones are left out."""
    source = {
        "url": web_url(item.url),
        "title": short(item.title),
        "author": short(item.author),
        "site": short(item.site or item.feed_title),
        "date": item.published.date().isoformat() if item.published else "",
        "words": item.words if item.full_text else 0,
        "lang": short(item.lang),
    }
    quotes = [
        _said({"text": paragraphs(quote.text), "prefix": one_line(quote.prefix), "suffix": one_line(quote.suffix)})
        for quote in item.quotes
    ]
    tags = [short(tag) for tag in item.tags]
    return _said(
        {
            "tags": [tag for tag in tags if tag],
            "source": _said(source),
            "quotes": [quote for quote in quotes if "text" in quote],
            "via": _said({"name": short(item.via_name), "url": web_url(item.via_url)}),
            "also_covered_by": _credits(item, also),
            "item": item.id,
        }
    )


def _credits(item: Item, also: Iterable[Item]) -> list[dict[str, str]]:
    """Return who else has the story, a page each; who only leads to the item's own page is none."""
    pages = {each.canonical_url: each for each in also if each.canonical_url != item.canonical_url}
    credited = (
        {"title": short(each.title), "site": short(each.site or each.feed_title), "url": web_url(each.url)}
        for each in pages.values()
    )
    return [_said(credit) for credit in credited if credit["url"]][:MOST_CREDITS]


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


def _body(note: str, text: str) -> str:
    """Begin with the note, unless the text holds it already."""
    start = "" if _flat(note) in _flat(text) else note.strip()
    parts = [part for part in (start, text.strip("\n")) if part.strip()]
    return "\n\n".join(parts) + "\n" if parts else ""


def _flat(text: str) -> str:
    return " ".join(text.split())
