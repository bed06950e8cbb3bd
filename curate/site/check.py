"""Look at the built site as its readers, search engines and feed readers will, without asking the web.

The audit keeps out what must never be published; this finds what is published and not good: links that
lead nowhere, images nobody describes, data machines cannot read, colours too much alike, weight, and
the person's name spelled in two ways. Reads output/ and changes nothing.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import lxml.etree

from curate.errors import CurateError
from curate.site.budget import index_over_budget, over_budget
from curate.site.contrast import weak_pairs
from curate.site.manifest import read_mark
from curate.site.pages import BuiltSite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curate.desk.folder import Desk
    from curate.desk.settings import Settings
    from curate.site.pages import Page

REQUIRED = {  # by schema.org's type: the keys without which an entry says too little
    "BlogPosting": ("@id", "url", "headline", "datePublished", "dateModified", "author", "inLanguage"),
    "WebSite": ("@id", "url", "name"),
    "Person": ("name",),
    "ProfilePage": ("url", "mainEntity", "dateModified"),
    "CorrectionComment": ("text",),
}
ENTRY = {"p-name": "its title", "u-url": "its address", "dt-published": "its date"}
ATOM = "{http://www.w3.org/2005/Atom}"
POST = re.compile(r"\d{4}/[^/]+/index\.html")
STATED = "//*[contains(concat(' ', @class, ' '), ' {} ')]"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong with one file of the site: ``rule`` names the check, ``message`` is a sentence."""

    page: str
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.page}: {self.message}"


def check_site(desk: Desk, settings: Settings) -> list[Problem]:
    """Return what is wrong with the site in output/, by page. Raises CurateError when there is none."""
    if read_mark(desk.output) is None:
        raise CurateError(f"There is no built site in {desk.output}.", "curate site build")
    site = BuiltSite(desk.output, settings.site.url)
    problems = []
    for page in site:
        for rule, look in RULES.items():
            problems += [Problem(page=page.name, rule=rule, message=said) for said in look(page, site, settings)]
    problems += [Problem(page="index.json", rule="budget", message=said) for said in index_over_budget(site)]
    problems += [Problem(page="the style", rule="contrast", message=said) for said in _contrast(site)]
    for name in sorted(name for name in site.files if name.endswith(".xml")):
        problems += [Problem(page=name, rule="name", message=said) for said in _feed_names(site, name, settings)]
    return problems


def _html(page: Page, _: BuiltSite, __: Settings) -> Iterator[str]:
    yield from (f"the HTML is not well-formed, {said}." for said in page.mistakes)
    tree = page.tree
    if not tree.get("lang"):
        yield "it does not say its language."
    if not "".join(page.text("//head/title")):
        yield "it has no title."
    levels = [int(heading.tag[1]) for heading in tree.iter("h1", "h2", "h3", "h4", "h5", "h6")]
    if levels.count(1) != 1:
        yield f"it has {levels.count(1)} headings of the first level; one is right."
    if any(after > before + 1 for before, after in pairwise(levels)):
        yield "its headings leave out a level."


def _links(page: Page, site: BuiltSite, _: Settings) -> Iterator[str]:
    addresses = page.tree.xpath("//a/@href | //img/@src | //link[not(@rel='me')]/@href | //script/@src | //source/@src")
    sets = [part.split()[0] for each in page.tree.xpath("//@srcset") for part in str(each).split(",") if part.split()]
    for address in dict.fromkeys([*map(str, addresses), *sets]):
        inside = None if address.startswith(("data:", "mailto:")) else site.inside(page, address)
        if inside is None:
            continue
        name, anchor = inside
        if name not in site.files and f"{name}/index.html" not in site.files:
            yield f"the link “{address}” leads to no page or file of the site."
        elif anchor and name in site.pages and anchor not in site.pages[name].anchors | {"top"}:
            yield f"the link “{address}” leads to no place of that page."


def _images(page: Page, _: BuiltSite, __: Settings) -> Iterator[str]:
    for image in page.tree.iter("img"):
        if image.get("alt") is None:
            yield f"the image {image.get('src')} has no alt text; an empty one says it is decoration."


def _media(page: Page, _: BuiltSite, __: Settings) -> Iterator[str]:
    """Find what the page's own policy keeps from playing."""
    policy = "".join(map(str, page.tree.xpath("//meta[@http-equiv]/@content")))
    if "default-src 'none'" in policy and "media-src" not in policy:
        for tag in dict.fromkeys(str(element.tag) for element in page.tree.iter("video", "audio")):
            yield f"“<{tag}” is in it, and the page's own policy plays none: link to it instead."


def _card(page: Page, site: BuiltSite, _: Settings) -> Iterator[str]:
    """Find posts that networks show without an image, or would with words the post no longer has: a page names none."""
    said = {str(meta.get("property")) for meta in page.tree.xpath("//head/meta[starts-with(@property, 'og:')]")}
    if site.address and POST.fullmatch(page.name) and "og:title" in said and "og:image" not in said:
        yield "it has no social image that shows its present title, topic and author: curate site cards."


def _data(page: Page, _: BuiltSite, __: Settings) -> Iterator[str]:
    """Check JSON-LD for its keys, and a post's microformats for what a reader of them needs."""
    for text in page.tree.xpath("//script[@type='application/ld+json']/text()"):
        try:
            said = json.loads(text)
        except ValueError as error:
            yield f"its JSON-LD cannot be read: {error}."
            continue
        for thing in _things(said):
            missing = [key for key in REQUIRED.get(str(thing.get("@type")), ()) if not thing.get(key)]
            if missing and thing.keys() - {"@type", "@id"}:
                yield f"its {thing['@type']} in JSON-LD lacks {', '.join(missing)}."
    entries = page.tree.xpath("//article[contains(concat(' ', @class, ' '), ' h-entry ')]")
    if POST.fullmatch(page.name) and entries:
        for name, words in ENTRY.items():
            if not entries[0].xpath(f".{STATED.format(name)}"):
                yield f"its h-entry lacks {name}, {words}."
        cite = entries[0].xpath(f".{STATED.format('u-bookmark-of')}")
        if cite and not cite[0].xpath(f".{STATED.format('u-url')}/@href"):
            yield "its h-cite lacks u-url, the address of what it is about."


def _budget(page: Page, site: BuiltSite, _: Settings) -> Iterator[str]:
    yield from over_budget(page, site)


def _name(page: Page, _: BuiltSite, settings: Settings) -> Iterator[str]:
    """Find the person's name where machines look for it, and look-alikes of it in the text."""
    name = settings.site.name
    said = page.text(f"//footer{STATED.format('h-card')}{STATED.format('p-name')}")
    said += page.text(f"{STATED.format('p-author')}[@rel='author']")
    said += map(str, page.tree.xpath("//meta[@property='og:site_name']/@content"))
    for text in page.tree.xpath("//script[@type='application/ld+json']/text()"):
        try:
            things = list(_things(json.loads(text)))
        except ValueError:
            continue
        said += [str(one["name"]) for one in things if str(one.get("@id", "")).endswith("#me") and "name" in one]
    yield from (f"the name is “{one}” there, and {name} in curate.toml." for one in dict.fromkeys(said) if one != name)
    text = " ".join(page.tree.text_content().split())
    for found in _alike(name).finditer(_plain(text)):
        written = text[found.start() : found.end()]
        if written not in (name, name.upper()):
            yield f"the name is written “{written}”, and {name} in curate.toml."


def _contrast(site: BuiltSite) -> Iterator[str]:
    styles = dict.fromkeys(str(css) for page in site for css in page.tree.xpath("//style/text()"))
    yield from dict.fromkeys(said for css in styles for said in weak_pairs(css))


def _feed_names(site: BuiltSite, name: str, settings: Settings) -> Iterator[str]:
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = lxml.etree.fromstring((site.folder / name).read_bytes(), parser)
    except lxml.etree.XMLSyntaxError as error:
        yield f"it is not well-formed: {error.msg}."
        return
    for said in dict.fromkeys(each.text or "" for each in root.iter(f"{ATOM}name")):
        if said != settings.site.name:
            yield f"the author is “{said}” there, and {settings.site.name} in curate.toml."


def _things(said: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Yield every typed entry of JSON-LD data, however deep."""
    if isinstance(said, list):
        for each in said:
            yield from _things(each)
    elif isinstance(said, dict):
        if "@type" in said:
            yield said
        for each in said.values():
            yield from _things(each)


def _plain(text: str) -> str:
    """Return ``text`` in small letters without accents, character for character."""
    return "".join((unicodedata.normalize("NFD", sign)[0].lower() or sign)[0] for sign in text)


def _alike(name: str) -> re.Pattern[str]:
    """Match the name in any spelling of case and accents, as words of their own."""
    words = r"\s".join(map(re.escape, _plain(name).split()))
    return re.compile(rf"(?<![\w@/.]){words}(?!\w)") if words else re.compile("(?!)")


RULES = {
    "html": _html,
    "link": _links,
    "image": _images,
    "media": _media,
    "card": _card,
    "data": _data,
    "budget": _budget,
    "name": _name,
}
