"""Read one article from a web page: what it is called, who wrote it when, and its text.

Pure: bytes in, a Page out, safe to store, to show and to search. Believes what a page says of
itself in its head first, what it looks like second, and leaves empty what neither tells.
"""

from __future__ import annotations

import json
import re
import warnings
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

from curate.errors import CurateError
from curate.feeds.addresses import web_url
from curate.feeds.characters import one_line
from curate.feeds.clean import (
    plain_text,
    safe_html,
    safe_text,
    shorten,
    word_count,
)
from curate.feeds.document import binary_kind, decode
from curate.feeds.nesting import DEEPEST
from curate.feeds.stated import language_tag, moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

LONGEST_PAGE = 2 << 20  # characters looked at
MOST_ELEMENTS = 50_000
MOST_TAGS = 20_000  # of a page that trafilatura is asked about: it takes its time
MOST_ATTRIBUTES = 500  # of one element: some parsers compare each with each
LONGEST_CONTENT = 1 << 20
LONGEST_LINE = 1_000
LONGEST_SUMMARY = 500


class NotAPage(CurateError):
    """What the server sent is no web page."""

    code = "not-a-page"


@dataclass(frozen=True, kw_only=True)
class Page:
    """An article on the web. ``url`` is the page's own word for its address; ``words`` counts ``content_text``."""

    url: str
    title: str
    author: str
    site: str
    published: datetime | None
    lang: str
    summary: str
    content_text: str
    content_html: str
    words: int
    image: str = ""
    licence: str = ""
    robots: str = ""  # what its head says to programs


def read_page(body: bytes, url: str, content_type: str = "") -> Page:
    """Read the page that ``url`` answered with. Raises NotAPage when ``body`` is none."""
    charset = re.search(rb"""<meta[^>]{0,200}?charset=["']?([\w-]{1,40})""", body[:4096], re.IGNORECASE)
    if charset and "charset" not in content_type:
        content_type = f"text/html; charset={charset[1].decode()}"
    text = decode(body, content_type)[:LONGEST_PAGE]
    kind = binary_kind(body, text[:4096]) if text.strip() else "empty"
    if kind:
        raise NotAPage(f"{url} is {kind}, not a web page.", "Nothing was stored.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Beautiful Soup's guesses that this may be XML or a file's name
        soup = BeautifulSoup(text, "lxml")
    said = _Said(soup)
    tangled = _tangled(soup)
    if tangled:  # looking around in it would take for ever: only its head is believed
        soup = BeautifulSoup("", "lxml")
    title = _title(soup, said)
    published = _published(soup, said)
    author = _author(soup, said)
    lang = _language(soup, said)
    image = web_url(said.first("og.image", "og.image.url", "twitter.image"), url)
    licence = _licence(soup, said, url)
    content = safe_html((text if tangled else str(_article(soup)))[:LONGEST_CONTENT], url)
    content_text = safe_text(content)
    if not tangled and text.count("<") <= MOST_TAGS:
        content, content_text = _second_opinion(text, url, content, content_text)
    return Page(
        url=_own_address(soup, said, url),
        title=title or shorten(one_line(content_text[:LONGEST_LINE]), 80) or url,
        author=author,
        site=_site(said, url),
        published=published,
        lang=lang,
        summary=shorten(
            said.first("og.description", "description", "twitter.description") or one_line(content_text[:4000]),
            LONGEST_SUMMARY,
        ),
        content_text=content_text,
        content_html=content,
        words=word_count(content_text),
        image=image,
        licence=licence,
        robots=said.robots,
    )


# What the head says


class _Said:
    """A page's <meta> elements by name, “og:title” as “og.title”, and its schema.org description when it has one."""

    def __init__(self, soup: BeautifulSoup) -> None:
        self.meta: dict[str, str] = {}
        self.robots = ""
        for element in soup.find_all("meta", limit=500):
            names = _attribute(element, "property") or _attribute(element, "name") or _attribute(element, "itemprop")
            value = plain_text(_attribute(element, "content")[:4000])
            for name in names.lower().split() if value else ():
                self.meta.setdefault(name.replace(":", "."), value)
            if {"robots", "curate"} & set(names.lower().split()):  # it may stand there twice
                self.robots = f"{self.robots},{value}".strip(",")
        self.schema = _schema(soup)

    def first(self, *names: str) -> str:
        """Return the first of ``names`` that a <meta> gives."""
        return next((self.meta[name] for name in names if name in self.meta), "")


def _attribute(element: Tag, name: str) -> str:
    value = element.get(name)
    return value if isinstance(value, str) else " ".join(value or ())


WRAPPER = re.compile(r"\A\s*(?://|/\*)?\s*<!(?:\[CDATA\[|--)(?:\s*\*/)?|(?://|/\*)?\s*(?:\]\]|--)>(?:\s*\*/)?\s*\Z")
ARTICLES = re.compile(r"\w*(?:Article|Posting|Report|Review|Blog|Recipe|WebPage|CreativeWork|VideoObject)")


def _schema(soup: BeautifulSoup) -> dict[str, Any]:
    """Return the schema.org object (https://schema.org/Article) that describes the page; {} without one."""
    waiting: list[Any] = []
    for script in soup.find_all("script", type="application/ld+json", limit=20):
        try:
            waiting.append(json.loads(WRAPPER.sub("", script.string or ""), strict=False))
        except (ValueError, RecursionError):  # many sites write it carelessly, and say the same elsewhere
            continue
    articles: list[dict[str, Any]] = []
    while waiting and len(articles) < 100:
        thing = waiting.pop(0)
        if isinstance(thing, list):
            waiting[:0] = thing[:100]
        elif isinstance(thing, dict):
            if ARTICLES.fullmatch(_texts(thing.get("@type"))[0] if _texts(thing.get("@type")) else ""):
                articles.append(thing)
            waiting[:0] = [thing[key] for key in ("@graph", "mainEntity", "mainEntityOfPage") if key in thing]
    return next((thing for thing in articles if thing.get("headline")), articles[0] if articles else {})


def _texts(value: object) -> list[str]:
    """Return the texts in a schema.org value: a text, an object with a name, or a list of either."""
    values = value if isinstance(value, list) else [value]
    named = [each.get("name") if isinstance(each, dict) else each for each in values[:50]]
    return [plain_text(each[:LONGEST_LINE]) for each in named if isinstance(each, str)]


def _title(soup: BeautifulSoup, said: _Said) -> str:
    whole = one_line(soup.title.get_text()) if soup.title else ""
    schema = [*_texts(said.schema.get("headline")), *_texts(said.schema.get("name"))]
    site = said.first("og.site_name")
    title = next((name for name in schema if name and name in whole and name not in site), "".join(schema[:1]))
    title = title or said.first("og.title", "twitter.title", "dc.title", "dcterms.title", "parsely-title", "title")
    if not title:
        headings = [one_line(heading.get_text()) for heading in soup.find_all("h1", limit=5)]
        # “What we learned | Example Review”: the heading says which part is the article's.
        title = next((heading for heading in headings if heading and heading in whole), "")
        title = title or re.split(r"\s+[|»–—]\s+|\s+::?\s+|\s+- (?=[^-]*$)", whole)[0] or next(iter(headings), "")
    return title[:LONGEST_LINE]


DATES = (
    *("article.published_time", "og.article.published_time", "datepublished", "parsely-pub-date", "sailthru.date"),
    *("dcterms.created", "dcterms.issued", "dc.date.issued", "dcterms.date", "dc.date", "citation_publication_date"),
    *("citation_date", "publishdate", "publish-date", "pubdate", "date", "article.published", "og.published_time"),
)


def _published(soup: BeautifulSoup, said: _Said) -> datetime | None:
    stated = [*_texts(said.schema.get("datePublished"))[:1], *(said.meta[name] for name in DATES if name in said.meta)]
    for element in soup.select("[itemprop~=datePublished], time[pubdate], time.published, time.dt-published", limit=5):
        stated += [_attribute(element, "datetime"), _attribute(element, "content"), element.get_text()]
    stated += [
        _attribute(element, "datetime")
        for element in soup.select("article time[datetime], header time[datetime]", limit=1)
    ]
    moments = [found for text in stated if (found := moment(one_line(text)))]
    return moments[0] if moments else None


BYLINE = (
    "[itemprop~=author] [itemprop~=name], [itemprop~=author], a[rel~=author], .p-author, .author .fn,"
    ".author-name, [class*=byline i], .author"
)
BY = re.compile(r"^(?:by|von|par|por|di|door|av)\b:?\s+", re.IGNORECASE)


def _author(soup: BeautifulSoup, said: _Said) -> str:
    """Return the names of the authors; a name is a few words, not an address or a sentence."""
    ways = [_texts(said.schema.get("author")), _texts(said.schema.get("creator"))]
    ways += [
        [said.meta.get(name, "")]
        for name in (
            "author",
            "article.author",
            "dc.creator",
            "dcterms.creator",
            "parsely-author",
            "sailthru.author",
            "byl",
            "og.article.author",
            "citation_author",
        )
    ]
    ways += [[one_line(element.get_text(" "))] for element in soup.select(BYLINE, limit=5)]
    for names in ways:
        good = [name for each in names if (name := BY.sub("", each).strip(" ,|·-")) and _named(name)]
        if good:
            return ", ".join(dict.fromkeys(good))[:LONGEST_LINE]
    return ""


def _named(name: str) -> bool:
    return len(name) <= 100 and "://" not in name and "@" not in name.strip("@") and not name.isdigit()


def _site(said: _Said, url: str) -> str:
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    publisher = "".join(_texts(said.schema.get("publisher"))[:1])
    return (said.first("og.site_name", "application-name") or publisher or host)[:LONGEST_LINE]


def _language(soup: BeautifulSoup, said: _Said) -> str:
    root = soup.find("html")
    stated = [_attribute(root, "lang"), _attribute(root, "xml:lang")] if isinstance(root, Tag) else []
    stated += [said.first("content-language", "dc.language", "og.locale"), *_texts(said.schema.get("inLanguage"))]
    return next(filter(None, map(language_tag, stated)), "")


def _own_address(soup: BeautifulSoup, said: _Said, url: str) -> str:
    """Return the address a page asks to be known by, where it is on the same site; else ``url``.

    A page that points to another site may be a copy or a lie: neither changes what was read.
    """
    link = soup.find("link", rel="canonical")
    stated = _attribute(link, "href") if isinstance(link, Tag) else ""
    own = web_url(stated, url) if stated else web_url(said.first("og.url"), url)
    return own if own and _bare_host(own) == _bare_host(url) and urlsplit(own).path != "/" else url


def _bare_host(url: str) -> str:
    return re.sub(r"^(?:www|m|mobile|amp)\.", "", (urlsplit(url).hostname or "").lower())


def _licence(soup: BeautifulSoup, said: _Said, url: str) -> str:
    """Return the address of the licence a page is under, or its name; "" when it says none."""
    link = soup.select_one("link[rel~=license][href], a[rel~=license][href]")
    stated = _attribute(link, "href") if link is not None else ""
    schema = said.schema.get("license")
    return web_url(stated, url) or (web_url(schema, url) if isinstance(schema, str) else "") or said.first("dc.rights")


# What the body shows

FAR_MORE = 3  # times our text, from which on trafilatura's counts: what we found is then a box beside the article


def _second_opinion(text: str, url: str, content: str, content_text: str) -> tuple[str, str]:
    """Return (content, its text), of the article as trafilatura finds it when that is far more than ours.

    Over saved pages the two together come nearer to what an editor would call the article than either
    alone: see bench/fulltext.py.
    """
    import trafilatura

    if len(trafilatura.extract(text, include_comments=False) or "") <= FAR_MORE * len(content_text):
        return content, content_text
    found = trafilatura.extract(text, url=url, include_comments=False, include_links=True, output_format="html")
    other = safe_html((found or "")[:LONGEST_CONTENT], url)
    other_text = safe_text(other)
    return (other, other_text) if len(other_text) > len(content_text) else (content, content_text)


JUNK = (
    "script, style, noscript, template, svg, iframe, form, nav, aside, footer, button, figure figcaption ~ *,"
    "[hidden], [aria-hidden=true], [role=navigation], [role=banner], [role=complementary], [role=contentinfo],"
    "[style*='display:none'], [style*='display: none'], [style*='visibility:hidden'], [style*='visibility: hidden']"
)
JUNK_NAME = re.compile(
    r"(?:^|[\s_-])(?:comments?|disqus|share|sharing|social|related|recommended|newsletter|subscribe|promo|advert|ads?|"
    r"sponsor|cookie|breadcrumbs?|sidebar|menu|pagination|popup|modal|paywall|outbrain|taboola)(?:$|[\s_-])",
    re.IGNORECASE,
)
PARTS = ["div", "section", "ul", "ol", "p"]
PARAGRAPHS = {"p", "pre", "blockquote", "li", "td", "dd"}
LEAST = 25  # characters of a paragraph that is not just a label


def _article(soup: BeautifulSoup) -> Tag | BeautifulSoup:
    """Return the element that holds the article: the one whose own paragraphs say most, or what it is marked with."""
    root = soup.body or soup
    marked = root.select("article, main, h1, [role=main], [itemprop~=articleBody]", limit=100)
    around = {id(holder) for element in marked for holder in (element, *element.parents)}
    sizes = _sizes(root)
    for element in (*root.select(JUNK), *root.find_all(PARTS)):
        if element.decomposed or id(element) in around or 10 * sizes[id(element)] > 9 * sizes[id(root)]:
            continue  # the article is in there, whatever it is called
        name = f"{_attribute(element, 'class')} {_attribute(element, 'id')}"
        if element.name not in PARTS or JUNK_NAME.search(name):
            element.decompose()
    scores: Counter[int] = Counter()
    elements: dict[int, Tag] = {}
    for paragraph, length in _paragraphs(root):
        for weight, holder in zip((1.0, 0.5), paragraph.parents, strict=False):
            scores[id(holder)] += int(weight * length)
            elements[id(holder)] = holder
    if not scores:
        return root
    best = _grown(elements[max(scores, key=lambda key: scores[key])], root)
    for holder in (best, *best.parents):
        if holder.name in {"article", "main"} or "articleBody" in _attribute(holder, "itemprop"):
            return holder
    return best


def _grown(best: Tag, root: Tag) -> Tag:
    """Return ``best``, or the element around it that holds the rest of an article in several parts."""
    sizes = _sizes(root)
    told: Counter[int] = Counter()
    for paragraph, length in _paragraphs(root):
        told[id(paragraph)] += length
    for element in reversed(root.find_all(True)):
        told[id(element.parent)] += told[id(element)]
    for around in best.parents:
        key = id(around)
        if around is root or 3 * told[key] < 2 * sizes[key]:  # it holds too much else
            break
        if 4 * told[key] > 5 * told[id(best)]:
            best = around
    return best


def _tangled(soup: BeautifulSoup) -> bool:
    """Say whether the page has more elements, deeper ones, or ones with more attributes than any article."""
    depths: dict[int, int] = {}
    for element in soup.find_all(True, limit=MOST_ELEMENTS + 1):
        depths[id(element)] = depths.get(id(element.parent), 0) + 1
        if len(element.attrs) > MOST_ATTRIBUTES:
            return True
    return len(depths) > MOST_ELEMENTS or max(depths.values(), default=0) > DEEPEST


def _sizes(root: Tag) -> Counter[int]:
    """Return how much text lies in each element, by its id."""
    sizes: Counter[int] = Counter()
    for text in root.find_all(string=True):
        if text.parent is not None and text.parent.name not in {"script", "style"}:
            sizes[id(text.parent)] += len(text.strip())
    for element in reversed(root.find_all(True)):  # children before their parents
        sizes[id(element.parent)] += sizes[id(element)]
    return sizes


def _paragraphs(root: Tag) -> Iterator[tuple[Tag, int]]:
    """Give each paragraph below ``root`` with the length of its text that is no link."""
    lengths: Counter[int] = Counter()
    elements: dict[int, Tag] = {}
    for text in root.find_all(string=True):
        length = len(text.strip())
        for depth, holder in enumerate(text.parents):
            if holder.name == "a" or depth > 6:
                break
            if holder.name in PARAGRAPHS:
                lengths[id(holder)] += length
                elements[id(holder)] = holder
                break
    for key, length in lengths.items():
        if length >= LEAST:
            yield elements[key], length
