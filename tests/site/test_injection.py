"""Hostile text in every field of a header: readers' browsers and feed readers get it as text, never as markup."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import feedparser
import lxml.html
import pytest

from tests.conftest import CORPORA
from tests.site.conftest import new_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.site.conftest import Site

PAYLOADS = [
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><svg onload=alert(1)>",
    "--><img src=x onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "'><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus x='",
    "javascript:alert(1)",
    "java\tscript:alert(1)",
    "&#106;avascript:alert(1)",
    "javascript&colon;alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "<svg><a xlink:href=javascript:alert(1)>x</a></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href=javascript:alert(1)>x</a>",
    "<form action=javascript:alert(1)><button>x</button></form>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href=//evil.example/>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;script&amp;gt;",
    "<![CDATA[<script>alert(1)</script>]]>",
    "]]><script>alert(1)</script>",
    "{{ ''.__class__ }}{% import os %}",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    'https://example.org/"onmouseover=alert(1) x="',
    "https://example.org/'><script>alert(1)</script>",
    "[x](javascript:alert(1)) ![x](x){onerror=alert(1)}",
    "\u202eevil\u202c \u2066x\u2069 \ufeff\u200b",
    "A\u2028B\u2029C",
]


LISTED = 60  # posts that make lists of their own: each costs two pages more


def naughty() -> list[str]:
    """Return the corpus of naughty strings that YAML and our headers let through, as one line each."""
    path = CORPORA / "naughty-strings" / "blns.json"
    if not path.is_file():
        pytest.skip(f"the corpus {path} is not here")
    texts = (text.strip() for text in json.loads(path.read_text(encoding="utf-8")))
    return [text for text in texts if text and not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", text)]


def poison(site: Site, texts: list[str]) -> None:
    """Write a post for each text, with the text in every field that may come from elsewhere."""
    for number, text in enumerate(texts):
        told = {"title": text, "author": text, "site": text, "date": text, "lang": text}
        site.write(
            f"p{number}",
            folder="links",
            kind="link",
            title=f"t{text}",
            topic=text if number < LISTED else "",
            tags=[text] if number < LISTED else [],
            summary=text,
            question=text,
            claim=text,
            source={**told, "url": text if number % 2 else f"https://example.org/{text}"},
            quotes=[{"text": text}, {"text": f"{text}\n\n{text}"}],
            via={"name": text, "url": text},
            also_covered_by=[{**told, "url": text}],
            corrections=[{"date": text, "text": text}],
            syndication=[text],
            item=text,
            my_key=text,
            lang=text,
        )


@pytest.fixture(scope="module", params=["payloads", "naughty"])
def poisoned(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, list[str]]:
    """A built site full of hostile text, and the texts."""
    texts = PAYLOADS if request.param == "payloads" else naughty()
    site = new_site(tmp_path_factory.mktemp("poisoned") / "desk")
    poison(site, texts)
    site.build()
    return site, texts


def dangers(page: lxml.html.HtmlElement) -> Iterator[str]:
    """Yield what of a page would run, load or frame something."""
    for element in page.iter(lxml.etree.Element):
        if element.tag == "script" and element.get("type") != "application/ld+json":
            yield "script"
        if element.tag in ("iframe", "object", "embed", "base", "form", "svg", "math", "template"):
            yield str(element.tag)
        for name, value in element.attrib.items():
            if str(name).startswith("on") or name in ("srcdoc", "style"):
                yield f"{element.tag} {name}"
            if name in ("href", "src", "cite", "action", "xlink:href"):
                address = re.sub(r"[\x00-\x20]", "", str(value))
                icon = element.get("rel") == "icon" and address.startswith("data:image/svg+xml,")
                if urlsplit(address).scheme not in ("", "http", "https", "mailto") and not icon:
                    yield f"{name}={value}"
                if "evil.example" in urlsplit(address).netloc:
                    yield f"{name}={value}"


def parsed(path: Path) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(path.read_bytes(), parser=lxml.html.HTMLParser(encoding="utf-8"))


def test_no_page_runs_or_loads_anything(poisoned: tuple[Site, list[str]]) -> None:
    site, texts = poisoned
    pages = list(site.output.rglob("*.html"))
    assert len(pages) > len(texts)
    for path in pages:
        own = ["form", "script"] if path.parent.name == "search" else []  # known by hash, and without foreign text
        own = ["form"] if path.name == "404.html" else own
        assert list(dangers(parsed(path))) == own, path


def test_every_text_is_there_as_text(poisoned: tuple[Site, list[str]]) -> None:
    from curate.feeds.characters import one_line

    site, texts = poisoned
    for number, text in enumerate(texts):
        page = parsed(site.output / "2026" / f"p{number}" / "index.html")
        assert page.xpath('string(//h1[@class="p-name"])') == one_line(f"t{text}")
        if one_line(text):
            assert page.xpath('string(//p[@class="ask"])') == one_line(text)
            assert page.xpath("string(//blockquote/p)") == one_line(text)


def test_structured_data_reads_back(poisoned: tuple[Site, list[str]]) -> None:
    from curate.feeds.characters import one_line

    site, texts = poisoned
    for number, text in enumerate(texts):
        page = parsed(site.output / "2026" / f"p{number}" / "index.html")
        [data] = page.xpath('//script[@type="application/ld+json"]/text()')
        assert "<" not in data
        assert json.loads(data)["headline"] == one_line(f"t{text}")


def test_the_feed_is_whole_and_its_content_runs_nothing(poisoned: tuple[Site, list[str]]) -> None:
    site, _ = poisoned
    feed = feedparser.parse(site.feed(), sanitize_html=False)
    assert not feed.bozo
    assert len(feed.entries) == 20
    for entry in feed.entries:
        for markup in (entry.content[0].value, entry.summary):
            assert list(dangers(lxml.html.fragment_fromstring(markup, create_parent=True))) == []


def test_another_theme_that_escapes_nothing_gets_nothing_that_runs(tmp_path: Path) -> None:
    site = new_site(tmp_path / "desk")
    with site.desk.pelicanconf.open("a", encoding="utf-8") as conf:
        conf.write('THEME = "simple"\n')
    poison(site, PAYLOADS)
    site.build()
    pages = list(site.output.rglob("*.html"))
    assert len(pages) > len(PAYLOADS)
    for path in pages:
        found = [danger for danger in dangers(parsed(path)) if danger != "svg"]
        assert found == [], path


def test_the_persons_own_html_is_theirs(site: Site) -> None:
    figure = '<figure><img src="x.png" alt="A"><figcaption>By me</figcaption></figure>'
    site.write("mine", f"{figure}\n\n<kbd>s</kbd> & more\n")
    site.build()
    page = parsed(site.output / "2026" / "mine" / "index.html")
    assert page.xpath("string(//figcaption)") == "By me"
    assert page.xpath("string(//kbd)") == "s"
