"""Hold a built site to its budgets: what a reader on a slow line has to wait for.

Sizes in bytes, gzipped as a server would send them where the name says so. Pure but for reading files.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    import lxml.html

    from curate.site.pages import BuiltSite, Page

KILO = 1024
ARTICLE_GZ = 8 * KILO  # of a post of up to 400 words
SHORT = 400  # words
PAGE_GZ = 14 * KILO  # about what the first round trip brings
CSS, CSS_GZ = 8 * KILO, 3 * KILO
SCRIPT_GZ = 3 * KILO  # of the search page; elsewhere a toggle of the colours at most
TOGGLE_GZ = 614
INDEX_GZ = 60 * KILO  # of the search index, for each 1,000 posts
IMAGE, IMAGES = 100 * KILO, 300 * KILO  # one, and all of a page
ARTICLE_NODES, LIST_NODES = 400, 1500
DATA = ("application/ld+json", "application/json")
PARTS = "//script/@src | //img/@src | //iframe/@src | //link[@rel='stylesheet']/@href | //video/@src | //audio/@src"


def over_budget(page: Page, site: BuiltSite) -> Iterator[str]:
    """Yield a sentence for each budget that the page exceeds."""
    words = len(" ".join(page.text("//article")).split())
    size = packed(page.raw)
    least = ARTICLE_GZ if 0 < words <= SHORT else PAGE_GZ
    if size > least:
        yield f"it has {size:,} bytes gzipped; at most {least:,}."
    nodes = sum(1 for _ in page.tree.iter())
    most = ARTICLE_NODES if words else LIST_NODES
    if nodes > max(most, words):  # a long text has more paragraphs
        yield f"it has {nodes:,} elements; at most {most:,}."
    yield from _style(page.tree)
    yield from _scripts(page)
    yield from _parts(page, site)


def index_over_budget(site: BuiltSite) -> Iterator[str]:
    """Yield a sentence when the search index is too large for the number of its posts."""
    path = site.folder / "index.json"
    if "index.json" in site.files:
        raw = path.read_bytes()
        size, most = packed(raw), INDEX_GZ * max(1, raw.count(b'"url"') / 1000)
        if size > most:
            yield f"it has {size:,} bytes gzipped; at most {most:,.0f} for its posts."


def packed(raw: bytes) -> int:
    """Return how many bytes ``raw`` has when it is gzipped."""
    return len(gzip.compress(raw, mtime=0))


def _style(tree: lxml.html.HtmlElement) -> Iterator[str]:
    css = "".join(map(str, tree.xpath("//style/text()"))).encode()
    if len(css) > CSS or packed(css) > CSS_GZ:
        yield f"its style has {len(css):,} bytes, {packed(css):,} gzipped; at most {CSS:,} and {CSS_GZ:,}."
    if b"@font-face" in css:
        yield "it loads a font; the readers' own are there already."


def _scripts(page: Page) -> Iterator[str]:
    code = "".join(
        element.text or "" for element in page.tree.iter("script") if element.get("type") not in DATA
    ).encode()
    most = SCRIPT_GZ if page.name == "search/index.html" else TOGGLE_GZ
    if packed(code) > most and code:
        yield f"its script has {packed(code):,} bytes gzipped; at most {most:,}."


def _parts(page: Page, site: BuiltSite) -> Iterator[str]:
    """Judge what the page makes a browser ask for beside itself."""
    images = 0
    for address in map(str, page.tree.xpath(PARTS)):
        inside = site.inside(page, address)
        if address.startswith("data:"):
            continue
        if inside is None:
            yield f"it makes readers ask {urlsplit(address).netloc or address}, which is not this site."
        elif inside[0] in site.files:
            size = (site.folder / inside[0]).stat().st_size
            images += size
            if size > IMAGE:
                yield f"{inside[0]} has {size:,} bytes; at most {IMAGE:,}."
    if images > IMAGES:
        yield f"its images have {images:,} bytes together; at most {IMAGES:,}."
    for image in page.tree.iter("img"):
        if not (image.get("width") and image.get("height")) and site.inside(page, image.get("src") or ""):
            yield f"the image {image.get('src')} has no width and height, so the text jumps when it comes."
