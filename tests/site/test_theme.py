"""The theme byline: colours that can be read, escaping everywhere, budgets, structure for people and machines."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64encode
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

import jinja2
import lxml.html
import mf2py
import pytest
from jinja2 import nodes

from curate.site.build import shipped_theme
from curate.site.plugin.words import compact_style
from tests.site.conftest import LINK, QUOTE, SOURCE, new_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.site.conftest import Site

TEMPLATES = shipped_theme() / "templates"
STYLE = (TEMPLATES / "style.css").read_text(encoding="utf-8")


def colours(mode: str) -> dict[str, str]:
    """Return the colour tokens of the style sheet in a mode, light or dark."""
    dark = STYLE.index("prefers-color-scheme: dark")
    part = STYLE[:dark] if mode == "light" else STYLE[dark:]
    block = part[part.index(":root") : part.index("}", part.index(":root"))]
    return dict(re.findall(r"--([a-z]+): (#[0-9A-F]{6})", block))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2.2 counts it (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dim, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dim + 0.05)


CONTRASTS = {  # token → (on page, on surface) in light and in dark, as the design counts them
    "text": ((16.16, 14.67), (14.66, 12.77)),
    "muted": ((6.63, 6.02), (7.85, 6.84)),
    "link": ((7.66, 6.96), (9.20, 8.02)),
    "visited": ((7.46, 6.77), (9.62, 8.38)),
    "accent": ((7.41, 6.73), (9.12, 7.95)),
    "right": ((6.97, 6.33), (10.37, 9.04)),
    "wrong": ((7.18, 6.52), (8.94, 7.79)),
    "pending": ((7.54, 6.84), (10.64, 9.27)),
    "control": ((4.35, 3.95), (5.01, 4.37)),
    "focus": ((7.66, 6.96), (9.20, 8.02)),
}


@pytest.mark.parametrize("token", CONTRASTS)
def test_the_style_sheet_has_the_contrasts_of_the_design(token: str) -> None:
    for mode, counted in zip(("light", "dark"), CONTRASTS[token], strict=True):
        shade = colours(mode)
        found = tuple(contrast(shade[token], shade[ground]) for ground in ("bg", "surface"))
        assert found == pytest.approx(counted, abs=0.02), mode


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("token", ["text", "muted", "link", "visited", "accent", "right", "wrong", "pending"])
def test_every_text_colour_can_be_read_on_page_and_card(mode: str, token: str) -> None:
    shade = colours(mode)
    assert contrast(shade[token], shade["bg"]) >= 6
    assert contrast(shade[token], shade["surface"]) >= 6


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_borders_focus_and_marked_text_can_be_seen(mode: str) -> None:
    shade = colours(mode)
    for token in ("control", "focus"):
        assert contrast(shade[token], shade["bg"]) >= 3
        assert contrast(shade[token], shade["surface"]) >= 3
    assert contrast(shade["text"], shade["mark"]) >= 7


def test_both_modes_have_the_same_tokens_and_colours_stand_nowhere_else() -> None:
    assert colours("light").keys() == colours("dark").keys()
    assert len(colours("light")) == 14
    screen = STYLE[: STYLE.index("@media print")]
    assert len(re.findall(r"#[0-9A-Fa-f]{3,8}\b", screen)) == 28


def test_the_style_sheet_keeps_its_budget() -> None:
    style = compact_style(STYLE).encode()
    assert len(style) <= 8 * 1024
    assert len(gzip.compress(style)) <= 3 * 1024


def printed_unescaped(node: nodes.Node, *, escaping: bool = False) -> Iterator[int]:
    """Yield the line of each expression a template prints outside of autoescape."""
    if isinstance(node, nodes.ScopedEvalContextModifier):
        escaping = any(o.key == "autoescape" and getattr(o.value, "value", False) for o in node.options)
    if isinstance(node, nodes.Output) and not escaping:
        yield from (inner.lineno for inner in node.nodes if not isinstance(inner, nodes.TemplateData))
    if isinstance(node, (nodes.Block, nodes.Macro)):
        escaping = False  # compiled apart: what stands around it does not reach inside
    for inner in node.iter_child_nodes():
        yield from printed_unescaped(inner, escaping=escaping)


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_every_template_escapes_all_it_prints(path: Path) -> None:
    tree = jinja2.Environment().parse(path.read_text(encoding="utf-8"))  # noqa: S701 - parsed, not rendered
    assert list(printed_unescaped(tree)) == []


def test_only_finished_content_is_printed_as_it_is() -> None:
    safe = [
        line for path in TEMPLATES.glob("*.html") for line in re.findall(r"{{[^}]*\|\s*safe[^}]*}}", path.read_text())
    ]
    assert len(safe) == 4
    assert all("content" in line for line in safe)


def parsed(path: Path) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(path.read_bytes(), parser=lxml.html.HTMLParser(encoding="utf-8"))


def every_page(site: Site) -> list[Path]:
    return sorted(site.output.rglob("*.html"))


def test_every_page_is_one_document_with_one_heading_and_its_landmarks(sample: Site) -> None:
    for path in every_page(sample):
        page = parsed(path)
        assert page.get("lang") == "en"
        assert len(page.xpath("//h1")) == len(page.xpath("//main")) == len(page.xpath("//header/nav")) == 1, path
        assert page.xpath("string(//body/*[1]/@href)") == "#main"
        levels = [int(heading.tag[1]) for heading in page.xpath("//h1|//h2|//h3|//h4")]
        assert all(after - before <= 1 for before, after in pairwise(levels)), path
        assert page.xpath("string(//title)")


def test_every_page_allows_its_own_style_and_nothing_else(sample: Site) -> None:
    for path in every_page(sample):
        page = parsed(path)
        [policy] = page.xpath('//meta[@http-equiv="Content-Security-Policy"]/@content')
        [style] = page.xpath("//style/text()")
        digest = b64encode(sha256(style.encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}'" in policy
        assert policy.startswith("default-src 'none'; ")
        assert not page.xpath("//*[@style]|//link[@rel='stylesheet']")
        assert len(page.xpath("//script[not(@type='application/ld+json')]")) == (path.parent.name == "search")


def test_every_link_inside_the_site_leads_to_a_page(sample: Site) -> None:
    for path in every_page(sample):
        base = f"https://dana.example/{path.relative_to(sample.output).as_posix()}"
        for address in parsed(path).xpath("//a/@href|//img/@src|//link[@rel='canonical' or @rel='alternate']/@href"):
            whole = urlsplit(urljoin(base, address))
            if whole.netloc != "dana.example":
                continue
            place = sample.output / unquote(whole.path).lstrip("/")
            assert (place / "index.html").is_file() or place.is_file(), f"{path}: {address}"


def test_the_page_one_is_on_is_marked_in_the_navigation(sample: Site) -> None:
    for place, name in (("archive", "Archive"), ("topics", "Topics"), ("about", "About")):
        page = parsed(sample.output / place / "index.html")
        assert page.xpath('//nav//a[@aria-current="page"]/text()') == [name]


def test_microformats_say_who_wrote_what_about_which_source(sample: Site) -> None:
    page = sample.page("2026/small-models-on-call")
    read = mf2py.parse(doc=page, url="https://dana.example/2026/small-models-on-call/")
    items, rels = read["items"], read["rels"]
    entry = next(item for item in items if item["type"] == ["h-entry"])["properties"]
    assert entry["name"] == [LINK["title"]]
    assert entry["url"] == entry["uid"] == ["https://dana.example/2026/small-models-on-call/"]
    assert entry["published"] == ["2026-11-22T08:40:00+0000"]
    assert entry["updated"] == ["2026-11-23T00:00:00+0000"]
    assert entry["category"] == ["Reliability", "incident response", "evaluation"]
    assert entry["summary"] == [LINK["summary"]]
    assert entry["syndication"] == LINK["syndication"]
    assert entry["author"][0]["properties"] == {"name": ["Dana Okafor"], "url": ["https://dana.example/"]}
    assert rels["syndication"] == LINK["syndication"]
    [cited] = entry["bookmark-of"]
    assert cited["type"] == ["h-cite"]
    assert cited["properties"]["name"] == [SOURCE["title"]]
    assert cited["properties"]["url"] == [SOURCE["url"]]
    assert cited["properties"]["author"][0]["properties"]["name"] == [SOURCE["author"]]
    assert cited["properties"]["publication"] == [SOURCE["site"]]
    assert cited["properties"]["published"] == [SOURCE["date"]]
    content = entry["content"][0]
    assert QUOTE in content["value"]
    assert LINK["question"] in content["value"]
    assert SOURCE["title"] not in content["value"]
    assert content["html"].count("<blockquote") == 1


def test_the_home_page_is_a_feed_of_entries_and_a_card_of_the_person(sample: Site) -> None:
    items = mf2py.parse(doc=sample.page(""), url="https://dana.example/")
    feed = next(item for item in items["items"] if item["type"] == ["h-feed"])
    assert feed["properties"]["name"] == ["Dana Okafor"]
    assert len(feed["children"]) == 4
    assert {"name", "url", "published"} <= feed["children"][0]["properties"].keys()
    card = next(item for item in items["items"] if item["type"] == ["h-card"])["properties"]
    assert card["name"] == ["Dana Okafor"]
    assert card["uid"] == ["https://dana.example/"]
    assert items["rels"]["me"] == ["https://social.example/@dana"]


def structured(sample: Site, place: str) -> Any:
    [data] = parsed(sample.output / place / "index.html").xpath('//script[@type="application/ld+json"]/text()')
    return json.loads(data)


def test_structured_data_names_author_source_and_correction(sample: Site) -> None:
    said = structured(sample, "2026/small-models-on-call")
    assert said["@type"] == "BlogPosting"
    assert said["headline"] == LINK["title"]
    assert said["author"]["name"] == "Dana Okafor"
    assert said["author"]["@id"] == "https://dana.example/about/#me"
    assert said["citation"]["url"] == SOURCE["url"]
    assert said["citation"]["author"]["name"] == SOURCE["author"]
    assert said["correction"][0]["text"] == LINK["corrections"][0]["text"]
    assert said["dateModified"] == "2026-11-23T00:00:00+00:00"
    home = structured(sample, "")
    assert [part["@type"] for part in home["@graph"]] == ["WebSite", "Person"]
    assert home["@graph"][1]["sameAs"] == ["https://social.example/@dana"]


def test_a_prediction_shows_claim_confidence_and_due_date(sample: Site) -> None:
    for place in ("", "2025/no-pager-wakes-people"):
        text = " ".join(parsed(sample.output / place / "index.html").text_content().split())
        assert "By 1 December 2027 none lets a model alone decide to wake a person." in text
        assert "85 % confident, due 1 December 2027" in text


def test_a_page_that_is_missing_is_not_indexed_and_works_at_any_depth(tmp_path: Path) -> None:
    for url, root in (("https://dana.example", ""), ("https://dana.example/blog", "/blog")):
        site = new_site(tmp_path / (root.strip("/") or "desk"), url=url)
        site.write("first")
        site.build()
        page = parsed(site.output / "404.html")
        assert page.xpath('//meta[@name="robots"]/@content') == ["noindex"]
        inside = list(page.xpath("//main//a/@href|//nav//a/@href|//header//a/@href"))
        assert inside
        assert all(link.startswith(f"{root}/") for link in inside)


def test_pages_keep_their_budget(sample: Site) -> None:
    assert len(gzip.compress((sample.output / "2026" / "small-models-on-call" / "index.html").read_bytes())) <= 8 * 1024


def test_another_theme_carries_the_citation_too(tmp_path: Path) -> None:
    site = new_site(tmp_path / "desk")
    with site.desk.pelicanconf.open("a", encoding="utf-8") as conf:
        conf.write('THEME = "simple"\n')
    site.write("small-models-on-call", folder="links", **LINK)
    site.write("hidden", "CANARY\n", status="draft")
    site.build()
    page = parsed(site.output / "2026" / "small-models-on-call" / "index.html")
    assert SOURCE["url"] in page.xpath("//a/@href")
    assert page.xpath("string(//blockquote)") == QUOTE
    assert page.xpath("//blockquote/@cite") == [SOURCE["url"]]
    assert page.xpath('string(//p[@class="ask"])') == LINK["question"]
    assert "1,823 more words" in page.text_content()
    assert not any(b"CANARY" in path.read_bytes() for path in site.output.rglob("*") if path.is_file())
