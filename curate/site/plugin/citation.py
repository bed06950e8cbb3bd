"""Write into a post's content what must travel with it: corrections, the citation, quotes, question, credits.

The content is what Pelican puts into feeds and into other themes, so a post never stands without
its source. Pure; every text is escaped here. Expects a post whose texts and addresses are cleaned.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from curate.feeds.characters import one_line
from curate.feeds.clean import word_count
from curate.posts.corrections import in_one_text
from curate.posts.predictions import read_prediction
from curate.posts.results import result_of
from curate.site.plugin.boxes import claim_box, result_box
from curate.site.plugin.words import day_in, escape, in_words, language_name, plain_tag, said_date, same_language

if TYPE_CHECKING:
    from datetime import tzinfo

    from curate.inbox.items import Quote
    from curate.posts.post import Post, Source


def preface(post: Post, zone: tzinfo, home: str = "en") -> str:
    """Return what stands above the content: corrections, a notice's end, the claim or result, the source's card.

    ``home`` is the language of the page; the card names that of the source when it is another.
    Raises PostFault when the header says of a claim or a result what cannot be meant.
    """
    parts = [_correction(said) for said in post.corrections]
    if post.until is not None:
        parts.append(f'<p class="until">This notice ends on {_time(in_words(day_in(zone, post.until)))}.</p>')
    prediction, result = read_prediction(post), result_of(post)
    if prediction is not None:
        parts.append(claim_box(prediction, day_in(zone, post.date) if post.date else None))
    if result is not None:
        parts.append(result_box(result))
    if post.source is not None:
        parts.append(_card(post.source, home, _archived(post.archived)))
    return "\n".join(parts)


def taken_down(post: Post, zone: tzinfo) -> str:
    """Return all that a page says whose post is gone: since when, and why."""
    when = f" on {_time(in_words(day_in(zone, post.modified)), post.modified.isoformat())}" if post.modified else ""
    why = f", because {escape(one_line(post.gone).rstrip('.'))}" if post.gone else ""
    return f'<p class="gone">Taken down{when}{why}.</p>'


def quoted(post: Post) -> str:
    """Return the quotes, and the way to the rest of what they are from."""
    source = post.source
    parts = [_quote(quote, source) for quote in post.quotes]
    if source is not None and source.url:
        parts.append(f'<p class="original"><a href="{escape(source.url)}">{escape(_view_original(post))}</a></p>')
    return "\n".join(parts)


def question(post: Post) -> str:
    """Return the question to the reader."""
    return f'<p class="ask">{escape(post.question)}</p>' if post.question else ""


def afterword(post: Post) -> str:
    """Return the credits: who led to the source, and who else wrote about it."""
    parts = []
    if post.via_name or post.via_url:
        name = escape(post.via_name or _host(post.via_url))
        parts.append(f'<p class="via">Found via {_linked(name, post.via_url)}.</p>')
    others = [_other(said) for said in post.also_covered_by]
    if any(others):
        parts.append(f'<p class="also">Also covered by {"; ".join(filter(None, others))}.</p>')
    return "\n".join(parts)


def _correction(said: dict[str, str]) -> str:
    machine, words = said_date(said.get("date", ""))
    when = f" {_time(words, machine)}" if words else ""
    return (
        '<aside class="correction" aria-label="Correction">'
        f"<p><strong>Corrected{when}.</strong> {escape(in_one_text(said))}</p></aside>"
    )


def _archived(said: dict[str, str]) -> str:
    """Return the way to an archived copy of the source, and what became of the source itself, where that is known."""
    if not said.get("url"):
        return ""
    machine, words = said_date(said.get("checked", ""))
    when = f" (checked {_time(words, machine)})" if words else ""
    why = {"gone": "No longer online", "changed": "Changed since it was cited here"}.get(said.get("found", ""), "")
    way = f'<a href="{escape(said["url"])}">{"archived" if why else "Archived"} copy</a>'
    return f'<p class="archived">{f"{why}{when}: " if why else ""}{way}</p>'


def _card(source: Source, home: str, archived: str) -> str:
    lang = plain_tag(source.lang)
    title = f"<span{_lang(lang)}>{escape(source.title or source.url or source.site)}</span>"
    if source.url:
        hreflang = f' hreflang="{lang}"' if lang else ""
        title = f'<a class="u-url p-name" href="{escape(source.url)}"{hreflang}>{title}</a>'
    else:
        title = f'<span class="p-name">{title}</span>'
    machine, words = said_date(source.date)
    by = (
        f'<span class="p-author h-card">{escape(source.author)}</span>' if source.author else "",
        f'<cite class="p-publication">{escape(source.site)}</cite>' if source.site else "",
        _time(words, machine, "dt-published") if words else "",
        f"in {language_name(lang)}" if lang and not same_language(lang, home) else "",
    )
    line = f'<p class="by">{", ".join(filter(None, by))}</p>' if any(by) else ""
    return f'<div class="cite u-bookmark-of h-cite"><p class="of">{title}</p>{line}{archived}</div>'


def _quote(quote: Quote, source: Source | None) -> str:
    cite = f' cite="{escape(source.url)}"' if source is not None and source.url else ""
    lang = _lang(plain_tag(source.lang)) if source is not None else ""
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", quote.text))
    inside = "".join(f"<p>{escape(part)}</p>" for part in paragraphs if part)
    return f"<blockquote{cite}{lang}>{inside}</blockquote>"


def _view_original(post: Post) -> str:
    """Say where the link to the source leads, with what is left to read there when its length is known."""
    if post.source is None:
        return ""
    where = post.source.site or _host(post.source.url)
    more = post.source.words - sum(word_count(quote.text) for quote in post.quotes)
    if post.source.words and more > 0:
        return f"View original ({more:,} more {'word' if more == 1 else 'words'} at {where})"
    return f"View original at {where}"


def _other(said: dict[str, str]) -> str:
    title, site, url = said.get("title", ""), said.get("site", ""), said.get("url", "")
    name = title or site or _host(url)
    if not name:
        return ""
    at = f", <cite>{escape(site)}</cite>" if site and title else ""
    return _linked(escape(name), url) + at


def _linked(markup: str, url: str) -> str:
    return f'<a href="{escape(url)}">{markup}</a>' if url else markup


def _time(words: str, machine: str = "", kind: str = "") -> str:
    """Return a date in words, for machines, too, where they can read it."""
    if not machine:
        return escape(words)
    of_kind = f' class="{kind}"' if kind else ""
    return f'<time{of_kind} datetime="{escape(machine)}">{escape(words)}</time>'


def _lang(tag: str) -> str:
    return f' lang="{tag}"' if tag else ""


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
